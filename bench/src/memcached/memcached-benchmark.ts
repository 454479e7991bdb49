import { startMemcached } from "@aside/test-servers";
import type { Bench } from "../harness/bench.js";
import type { Benchmark } from "../harness/benchmark.js";
import type { Client } from "./client.js";
import { Clients } from "./clients.js";
import { goalsOfBatches, goalsOfGets, goalsOfSets } from "./goals.js";
import { Items } from "./items.js";
import { getting, gettingMany, setting } from "./subjects.js";

/** The sizes of values, with enough of them not to be served from a processor's cache. */
const sizes = [
  { name: "100 B", bytes: 100, count: 5_000 },
  { name: "1 KB", bytes: 1_000, count: 5_000 },
  { name: "100 KB", bytes: 100_000, count: 200 },
] as const;

const callerCounts = [1, 16, 128];
/** Half a minute for 128 callers of memcached at 100 KB, whose parser is quadratic, is too much for a smoke run. */
const fewCallerCounts = [1, 16];

export const memcachedBenchmark: Benchmark = {
  name: "memcached",
  about: "clients of memcached: gets, sets, reads of 100 keys; one server, one connection each",
  servers: ["memcached"],
  packages: ["memjs", "memcached", "memcache-client", "@aside/memcached"],

  async run(bench) {
    await using server = await startMemcached({ memoryMb: 512 });
    await using clients = new Clients(server.address);
    for (const size of sizes) await compareSize(bench, clients, size);
  },

  async watchMemory(bench, operations) {
    await using server = await startMemcached({ memoryMb: 512 });
    await using clients = new Clients(server.address);
    for (const client of clients.ours) {
      const items = new Items(client.name, 1_000, 1_000);
      await items.storeBy(client);
      const [get, set] = [getting(client, items), setting(client, items)];
      const mixed = {
        name: client.name,
        operation: (index: number) => (index % 10 === 0 ? set.operation(index) : get.operation(index)),
        check: (answer: unknown, index: number) => {
          if (index % 10 !== 0) get.check(answer as Uint8Array, index);
        },
      };
      await bench.watchMemory(mixed, 128, operations);
    }
  },
};

async function compareSize(bench: Bench, clients: Clients, { name, bytes, count }: (typeof sizes)[number]) {
  const stored = bench.quick ? Math.min(count, 200) : count;
  // Each client has keys of its own, of one length: they mark their values by flags that the others do not know.
  const itemsOf = (client: Client, what: string): Items =>
    new Items(`${client.name.padEnd(15, ".")}:${what}${bytes}`, stored, bytes);
  const items = new Map(clients.all.map((client) => [client, itemsOf(client, "r")]));
  for (const [client, own] of items) await own.storeBy(client);
  const subjects = <S>(make: (client: Client, own: Items) => S): S[] =>
    [...items].map(([client, own]) => make(client, own));
  const callersOfSize = bench.quick ? fewCallerCounts : callerCounts;

  for (const callers of callersOfSize) {
    await bench.compare({
      name: `get ${name}, ${callersOf(callers)}`,
      callers,
      subjects: subjects(getting),
      goals: goalsOfGets(name, callers),
    });
  }
  for (const callers of name === "1 KB" ? [1, 16] : []) {
    await bench.compare({
      name: `get 100 keys of ${name}, ${callersOf(callers)}`,
      callers,
      subjects: subjects((client, own) => gettingMany(client, own, 100)),
      goals: goalsOfBatches(),
    });
  }
  for (const callers of callersOfSize) {
    await bench.compare({
      name: `set ${name}, ${callersOf(callers)}`,
      callers,
      subjects: subjects((client) => setting(client, itemsOf(client, "w"))),
      goals: goalsOfSets(name, callers),
    });
  }
}

function callersOf(callers: number): string {
  return callers === 1 ? "1 caller" : `${callers} callers`;
}
