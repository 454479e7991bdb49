import diagnosticsChannel from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Request, Response } from "express";
import { currentProvenance, listenForReads, type Provenance, recordProvenance } from "./provenance.js";

type Source = "cache" | "database";

function publishRead(store: string, source: Source, keys: number, durationMs: number): void {
  diagnosticsChannel.channel("aside:read").publish({ type: "read", store, source, keys, durationMs });
}

/** Runs `work` as the handling of a request, and tells what its footer would. */
function handle(work: () => Promise<void>): Promise<Provenance | undefined> {
  return new Promise((resolve, reject) => {
    recordProvenance({} as Request, {} as Response, () => {
      work().then(() => resolve(currentProvenance()), reject);
    });
  });
}

describe("provenance", () => {
  let stop: () => void;
  beforeEach(() => {
    stop = listenForReads();
  });
  afterEach(() => stop());

  it("adds up the reads of one store from one place and keeps the slowest", async () => {
    const provenance = await handle(async () => {
      publishRead("products", "cache", 1, 2);
      publishRead("stock", "cache", 24, 1);
      publishRead("products", "cache", 1, 5);
      publishRead("products", "database", 1, 9);
    });
    expect(provenance?.lines).toEqual([
      { store: "products", source: "cache", values: 2, slowestMs: 5 },
      { store: "stock", source: "cache", values: 24, slowestMs: 1 },
      { store: "products", source: "database", values: 1, slowestMs: 9 },
    ]);
  });

  it("keeps the reads of concurrent requests apart", async () => {
    const reading = (store: string) => async (): Promise<void> => {
      publishRead(store, "cache", 1, 1);
      await turn();
      publishRead(store, "cache", 1, 1);
    };
    const pages = await Promise.all([handle(reading("a")), handle(reading("b"))]);
    expect(pages.map((page) => page?.lines.map(({ store, values }) => [store, values]))).toEqual([
      [["a", 2]],
      [["b", 2]],
    ]);
  });

  it("takes no notice of reads outside a request, nor after it stopped", async () => {
    publishRead("products", "cache", 1, 1);
    expect(currentProvenance()).toBeUndefined();
    stop();
    const provenance = await handle(async () => publishRead("products", "cache", 1, 1));
    expect(provenance?.lines).toEqual([]);
  });
});
