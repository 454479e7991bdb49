import type {
  CacheCallOptions,
  CacheEntry,
  CasToken,
  ConnectedCacheBackend,
  Milliseconds,
} from "@aside/core";
import type { CacheKind, CacheStep, StepOutcome } from "../history/history-event.js";
import { PassThroughCache } from "./pass-through-cache.js";
import type { Recorder } from "./recorder.js";

/** First bytes of entries (design, "The protocol"): the same in every format version. */
const kinds: ReadonlyMap<number | undefined, CacheKind> = new Map([
  [0x56, "value"],
  [0x41, "absence"],
  [0x4c, "lease"],
  [0x48, "hold"],
] as const);

/** Records what a store asks of the cache and what came of it. The reads of reads are left out: they are in the history as such. */
export class TracingCache extends PassThroughCache {
  readonly #recorder: Recorder;

  constructor(inner: ConnectedCacheBackend, recorder: Recorder) {
    super(inner);
    this.#recorder = recorder;
  }

  override connect(partition: string, options?: CacheCallOptions): Promise<number> {
    return this.#trace(
      "connect",
      "",
      undefined,
      () => super.connect(partition, options),
      () => "done",
    );
  }

  override async getMany(
    keys: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    if (this.#recorder.currentWrite === undefined) return super.getMany(keys, options);
    const beginMs = this.#recorder.clock.begin();
    const entries = await super.getMany(keys, options);
    const endMs = this.#recorder.clock.end();
    for (const key of keys) {
      const entry = entries.get(key);
      const kind = entry === undefined ? "nothing" : kinds.get(entry.bytes[0]);
      this.#record("look", key, kind, "done", beginMs, endMs);
    }
    return entries;
  }

  override add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#trace("add", key, bytes, () => super.add(key, bytes, ttlMs, options), given);
  }

  override set(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken> {
    return this.#trace("set", key, bytes, () => super.set(key, bytes, ttlMs, options), given);
  }

  override compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    const call = () => super.compareAndSet(key, bytes, ttlMs, token, options);
    return this.#trace("compare-and-set", key, bytes, call, given);
  }

  override delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    return this.#trace(
      "delete",
      key,
      undefined,
      () => super.delete(key, token, options),
      (deleted) => (deleted ? "done" : "refused"),
    );
  }

  async #trace<T>(
    step: CacheStep,
    key: string,
    bytes: Uint8Array | undefined,
    call: () => Promise<T>,
    outcomeOf: (result: T) => StepOutcome,
  ): Promise<T> {
    const kind = bytes === undefined ? undefined : kinds.get(bytes[0]);
    const beginMs = this.#recorder.clock.begin();
    try {
      const result = await call();
      this.#record(step, key, kind, outcomeOf(result), beginMs, this.#recorder.clock.end());
      return result;
    } catch (error) {
      this.#record(step, key, kind, "failed", beginMs, this.#recorder.clock.end());
      throw error;
    }
  }

  #record(
    step: CacheStep,
    key: string,
    kind: CacheKind | undefined,
    outcome: StepOutcome,
    beginMs: number,
    endMs: number,
  ): void {
    const write = this.#recorder.currentWrite;
    this.#recorder.record({
      type: "cache",
      step,
      key,
      ...(kind === undefined ? {} : { kind }),
      outcome,
      ...(write === undefined ? {} : { write }),
      beginMs,
      endMs,
    });
  }
}

function given(token: CasToken | undefined): StepOutcome {
  return token === undefined ? "refused" : "done";
}
