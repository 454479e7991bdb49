import assert from "node:assert/strict";
import type { Ending } from "@aside/test-servers";
import { type Bout, connected, type Fault } from "../bout.js";

/** Beyond the answers to one turn of the traffic: 8 reads and 4 stores with values of up to 3,000 bytes need more. */
const bytesCut = 200;
/** Of the bytes of a reply, how many are passed over where a sample will do; odd, so that both kinds of positions come. */
const sampleStep = 9;

/** The connection breaks behind each byte of the replies in turn. */
export const replyCuts: readonly Fault[] = (["fin", "reset"] as const).map((ending) => ({
  name: `${ending === "fin" ? "FIN" : "RST"} behind every byte of a reply`,
  calls: "fail",
  alone: true,
  strike: (bout) => cutEverywhere(bout, ending),
}));

async function cutEverywhere(bout: Bout, ending: Ending): Promise<void> {
  const { proxy, traffic, cache, partition, thorough } = bout;
  for (let bytes = 1; bytes <= bytesCut; bytes += thorough ? 1 : sampleStep) {
    const before = await connected(bout);
    proxy.cutAfterBytes(bytes, "replies", ending);
    await traffic.bursts();
    assert.notEqual(cache.connection(partition), before, `the cut after ${bytes} bytes was not met`);
  }
}
