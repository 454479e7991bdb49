import { startMemcached } from "@aside/test-servers";
import type { Bench } from "../harness/bench.js";
import type { Benchmark } from "../harness/benchmark.js";
import { atLeast, type Goal } from "../harness/goal.js";
import { Clients } from "./clients.js";
import { Items } from "./items.js";
import { getting, gettingMany, setting } from "./subjects.js";

/** The one all are compared to. */
const rival = "memjs";

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
    for (const size of sizes) await bySize(bench, clients, size);
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

async function bySize(bench: Bench, clients: Clients, { name, bytes, count }: (typeof sizes)[number]) {
  const stored = bench.quick ? Math.min(count, 200) : count;
  // Each client reads what it wrote: they mark their values by flags of their own.
  const items = new Map(
    clients.all.map((client) => [
      client,
      new Items(`${client.name.padEnd(15, ".")}:${bytes}`, stored, bytes),
    ]),
  );
  for (const [client, own] of items) await own.storeBy(client);
  const subjects = <S>(make: (client: (typeof clients.all)[number], own: Items) => S): S[] =>
    [...items].map(([client, own]) => make(client, own));

  for (const callers of bench.quick ? fewCallerCounts : callerCounts) {
    await bench.compare({
      name: `get ${name}, ${callersOf(callers)}`,
      callers,
      subjects: subjects(getting),
      goals: goalsOfGets(name, callers),
    });
  }
  if (name === "1 KB") {
    for (const callers of [1, 16]) {
      await bench.compare({
        name: `get 100 keys of ${name}, ${callersOf(callers)}`,
        callers,
        subjects: subjects((client, own) => gettingMany(client, own, 100)),
      });
    }
  }
  for (const callers of bench.quick ? fewCallerCounts : callerCounts) {
    await bench.compare({
      name: `set ${name}, ${callersOf(callers)}`,
      callers,
      subjects: subjects((client) =>
        setting(client, new Items(`${client.name.padEnd(15, ".")}:s${bytes}`, stored, bytes)),
      ),
    });
  }
}

function goalsOfGets(size: string, callers: number): Goal[] {
  if (callers === 1) return [atLeast("MemjsCache", 0.95, rival)];
  return callers === 128 && size !== "100 KB" ? [atLeast("MemjsCache", 2.5, rival)] : [];
}

function callersOf(callers: number): string {
  return callers === 1 ? "1 caller" : `${callers} callers`;
}
