import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startMemcached } from "@aside/test-servers";
import { ask, broken, bytesOf, connected, type Fault, leadTo, patience, ttlMs } from "../bout.js";

/** What happens to the process of memcached. */
export const processFaults: readonly Fault[] = [
  {
    name: "SIGSTOP, SIGCONT",
    calls: "fail",
    async strike({ server, lastingMs }) {
      await server.pause();
      await sleep(lastingMs);
      server.resume();
    },
  },
  {
    name: "kill -9, later a start without data",
    calls: "fail",
    async strike({ server, lastingMs }) {
      await server.kill();
      await sleep(lastingMs);
      await server.restart();
    },
  },
  {
    name: "restart at once, without data",
    calls: "either", // the port may be back before anybody has noticed
    async strike({ server }) {
      await server.restart();
    },
  },
  restartWithData(),
  {
    name: "a server with -C (no CAS)",
    calls: "fail",
    async strike(bout) {
      await using without = await startMemcached({ args: ["-C"] });
      const plain = { ...bout.target };
      await leadTo(bout, without);
      await sleep(bout.lastingMs);
      await assert.rejects(bout.cache.connect(bout.partition), { code: "CONFIGURATION" });
      const stored = await ask(without, "lru_crawler metadump all\r\n", /END\r\n/);
      assert.doesNotMatch(stored, /key=faults/, "nothing but the probe was ever stored");
      await leadTo(bout, plain);
    },
  },
];

/** memcached takes up the file of a process before only if its clock has gone on since that ended. */
const warmStartMs = 1_100;

/** Entries and their CAS are the same afterwards; but promises were made over another connection. */
function restartWithData(): Fault {
  const file = join(tmpdir(), `aside-warm-restart-${randomUUID()}`);
  return {
    name: "restart with data (-e)",
    calls: "fail",
    server: { args: ["-e", file] },
    async strike(bout) {
      const { server, cache, freshKey } = bout;
      const key = freshKey();
      const old = await cache.set(key, bytesOf("hold"), ttlMs, patience);
      await broken(bout, () => server.kill("SIGUSR1"));
      await sleep(warmStartMs);
      await server.restart();
      await rm(file); // the process has it open
      assert.match(await ask(server, `get ${key}\r\n`, /END\r\n/), /\r\nhold\r\n/, "the data has survived");
      await connected(bout);
      assert.equal(await cache.compareAndSet(key, bytesOf("stale"), ttlMs, old, patience), undefined);
      assert.equal(await cache.delete(key, old, patience), false);
    },
  };
}
