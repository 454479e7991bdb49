import { AsyncLocalStorage } from "node:async_hooks";
import diagnosticsChannel from "node:diagnostics_channel";
import type { StoreEvent } from "@aside/core";
import type { NextFunction, Request, Response } from "express";

type ReadEvent = Extract<StoreEvent, { type: "read" }>;

/** What one store answered to one page, from one place. */
export interface ProvenanceLine {
  readonly store: string;
  readonly source: ReadEvent["source"];
  readonly values: number;
  /** The slowest of the reads; most ran side by side. */
  readonly slowestMs: number;
}

/** Where the values of one page came from. */
export interface Provenance {
  /** In the order in which the stores were first asked. */
  readonly lines: readonly ProvenanceLine[];
  /** Since the request came in. */
  readonly elapsedMs: number;
}

class RequestReads {
  readonly #startedMs = performance.now();
  readonly #lines = new Map<string, ProvenanceLine>();

  add({ store, source, keys, durationMs }: ReadEvent): void {
    const id = `${store} ${source}`;
    const line = this.#lines.get(id) ?? { store, source, values: 0, slowestMs: 0 };
    this.#lines.set(id, {
      store,
      source,
      values: line.values + keys,
      slowestMs: Math.max(line.slowestMs, durationMs),
    });
  }

  summary(): Provenance {
    return { lines: [...this.#lines.values()], elapsedMs: performance.now() - this.#startedMs };
  }
}

const requests = new AsyncLocalStorage<RequestReads>();

/**
 * Express middleware: notes every read of a store that the request behind it makes. The stores know nothing of it: they publish events, and
 * each is emitted in the asynchronous context of its caller, which tells the request.
 */
export function recordProvenance(_req: Request, _res: Response, next: NextFunction): void {
  requests.run(new RequestReads(), next);
}

/** Where the values of the running request came from, until now; `undefined` outside a request. */
export function currentProvenance(): Provenance | undefined {
  return requests.getStore()?.summary();
}

/** Starts to listen for reads. @returns what stops it. */
export function listenForReads(): () => void {
  const listener = (message: unknown): void => requests.getStore()?.add(message as ReadEvent);
  diagnosticsChannel.subscribe("aside:read", listener);
  return () => {
    diagnosticsChannel.unsubscribe("aside:read", listener);
  };
}
