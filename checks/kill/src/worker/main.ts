/**
 * One worker of the check: does what the parent orders over its message channel. Ends when the parent is gone, however that came.
 */
import { HistoryWriter } from "../history/history-writer.js";
import { RunClock } from "../history/run-clock.js";
import { Random } from "../plan/random.js";
import type { Order, Reply } from "./messages.js";
import { Operations } from "./operations.js";
import { Recorder } from "./recorder.js";
import { Stores } from "./stores.js";
import { Workload } from "./workload.js";

const beatMs = 50;

interface Running {
  readonly stores: Stores;
  readonly operations: Operations;
  readonly workload: Workload;
  readonly beat: NodeJS.Timeout;
}

let running: Running | undefined;

async function obey(order: Order): Promise<void> {
  if (order.type === "start") {
    running = start(order);
    reply({ type: "ready" });
    return;
  }
  if (running === undefined) throw new Error("The parent must start the worker first.");
  switch (order.type) {
    case "rest":
      await running.workload.rest();
      return reply({ type: "resting" });
    case "read-all":
      return reply({ type: "read-all", ...(await running.operations.readAll()) });
    case "memory": {
      globalThis.gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      return reply({ type: "memory", heapBytes: heapUsed, rssBytes: rss });
    }
    case "end":
      clearInterval(running.beat);
      await running.workload.rest();
      await running.stores[Symbol.asyncDispose]();
      process.off("disconnect", quit);
      process.disconnect();
  }
}

function start(order: Order & { readonly type: "start" }): Running {
  const clock = new RunClock(BigInt(order.beganNs));
  const recorder = new Recorder(order.name, new HistoryWriter(order.historyPath), clock);
  const beat = setInterval(() => recorder.record({ type: "beat", atMs: clock.begin() }), beatMs);
  const random = new Random(order.seed);
  const stores = new Stores(order, recorder, order.breakage);
  const operations = new Operations(stores, recorder, random);
  const workload = new Workload(operations, random);
  if (!order.idle) workload.start();
  return { stores, operations, workload, beat };
}

function reply(message: Reply): void {
  process.send?.(message);
}

function quit(): never {
  process.exit(1);
}

process.on("disconnect", quit);
// Ctrl-C in a terminal reaches the whole group: the parent decides.
process.on("SIGINT", () => undefined);
process.on("message", (order: Order) => void obey(order));
