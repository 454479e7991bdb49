import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../bout.js";

/** What networks do, made by the proxy. */
export const networkFaults: readonly Fault[] = [
  {
    name: "connection refused",
    calls: "fail",
    async strike({ proxy, lastingMs }) {
      await proxy.cut();
      await sleep(lastingMs);
      await proxy.resume();
    },
  },
  {
    name: "black hole",
    calls: "fail",
    async strike({ proxy, lastingMs }) {
      proxy.blackHole();
      await sleep(lastingMs);
      await proxy.resume();
    },
  },
  {
    name: "slow drip: a byte each 20 ms",
    calls: "fail",
    async strike({ proxy, lastingMs }) {
      proxy.pace({ packetBytes: 1, everyMs: 20 });
      await sleep(lastingMs);
      await proxy.resume();
    },
  },
  {
    name: "packets of 1 byte",
    calls: "served",
    async strike({ proxy, lastingMs }) {
      proxy.pace({ packetBytes: 1, everyMs: 0 });
      await sleep(lastingMs);
      await proxy.resume();
    },
  },
  {
    name: "packets of 7 bytes",
    calls: "served",
    async strike({ proxy, lastingMs }) {
      proxy.pace({ packetBytes: 7, everyMs: 0 });
      await sleep(lastingMs);
      await proxy.resume();
    },
  },
  {
    name: "merged packets: what comes in 30 ms",
    calls: "served",
    async strike({ proxy, lastingMs }) {
      proxy.pace({ packetBytes: Number.POSITIVE_INFINITY, everyMs: 30 });
      await sleep(lastingMs);
      await proxy.resume();
    },
  },
];
