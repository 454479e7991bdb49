import {
  type CacheCallOptions,
  type CacheEntry,
  type CasToken,
  type ConnectedCacheBackend,
  isLeasing,
  type LeasedEntry,
  type LeasingCacheBackend,
  type Milliseconds,
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

/** A cache that records what is asked of it, and can what `inner` can. */
export function traceCache(inner: ConnectedCacheBackend, recorder: Recorder): TracingCache {
  return isLeasing(inner) ? new LeasingTracingCache(inner, recorder) : new TracingCache(inner, recorder);
}

/**
 * Records what a store asks of the cache and what came of it. Of its reads only what found no value: the others are in the history as
 * what they returned.
 */
export class TracingCache extends PassThroughCache {
  readonly #recorder: Recorder;
  /** Which hold a token is of. */
  readonly #holds = new WeakMap<CasToken, string>();

  constructor(inner: ConnectedCacheBackend, recorder: Recorder) {
    super(inner);
    this.#recorder = recorder;
  }

  override connect(partition: string, options?: CacheCallOptions): Promise<number> {
    return this.#trace(
      "connect",
      partition,
      {},
      () => super.connect(partition, options),
      () => "done",
    );
  }

  override async getMany(
    keys: readonly string[],
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, CacheEntry>> {
    const beginMs = this.#recorder.clock.begin();
    const entries = await super.getMany(keys, options);
    const span = { beginMs, endMs: this.#recorder.clock.end() };
    for (const key of keys) this.looked(key, entries.get(key), span);
    return entries;
  }

  override add(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#traceStore("add", key, bytes, () => super.add(key, bytes, ttlMs, options));
  }

  override set(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<CasToken> {
    return this.#traceStore("set", key, bytes, () => super.set(key, bytes, ttlMs, options));
  }

  override compareAndSet(
    key: string,
    bytes: Uint8Array,
    ttlMs: Milliseconds,
    token: CasToken,
    options?: CacheCallOptions,
  ): Promise<CasToken | undefined> {
    return this.#traceStore("compare-and-set", key, bytes, () =>
      super.compareAndSet(key, bytes, ttlMs, token, options),
    );
  }

  override delete(key: string, token: CasToken, options?: CacheCallOptions): Promise<boolean> {
    const hold = this.#holds.get(token);
    return this.#trace(
      "delete",
      key,
      hold === undefined ? {} : { kind: "hold", hold },
      () => super.delete(key, token, options),
      (deleted) => (deleted ? "done" : "refused"),
    );
  }

  /** Records what a read has found, unless it was a value. */
  protected looked(
    key: string,
    entry: CacheEntry | undefined,
    span: { readonly beginMs: number; readonly endMs: number },
  ): void {
    const found: Concern = entry === undefined ? { kind: "nothing" } : concernOf(entry.bytes);
    if (entry !== undefined && found.hold !== undefined) this.#holds.set(entry.token, found.hold);
    if (found.kind === "value" || found.kind === "absence") return;
    this.#recorder.record({ type: "cache", step: "look", key, ...found, outcome: "done", ...span });
  }

  async #traceStore<T extends CasToken | undefined>(
    step: CacheStep,
    key: string,
    bytes: Uint8Array,
    call: () => Promise<T>,
  ): Promise<T> {
    const concern = concernOf(bytes);
    const token = await this.#trace(step, key, concern, call, (given) =>
      given === undefined ? "refused" : "done",
    );
    if (token !== undefined && concern.hold !== undefined) this.#holds.set(token, concern.hold);
    return token;
  }

  async #trace<T>(
    step: CacheStep,
    key: string,
    concern: Concern,
    call: () => Promise<T>,
    outcomeOf: (result: T) => StepOutcome,
  ): Promise<T> {
    const { clock } = this.#recorder;
    const beginMs = clock.begin();
    const record = (outcome: StepOutcome): void =>
      this.#recorder.record({ type: "cache", step, key, ...concern, outcome, beginMs, endMs: clock.end() });
    try {
      const result = await call();
      record(outcomeOf(result));
      return result;
    } catch (error) {
      record("failed");
      throw error;
    }
  }
}

/** The same over a cache that reads and takes leases in one round trip. */
class LeasingTracingCache extends TracingCache implements LeasingCacheBackend {
  readonly #inner: LeasingCacheBackend;
  readonly #recorder: Recorder;

  constructor(inner: ConnectedCacheBackend & LeasingCacheBackend, recorder: Recorder) {
    super(inner, recorder);
    this.#inner = inner;
    this.#recorder = recorder;
  }

  async getOrLease(
    keys: readonly string[],
    leaseTtlMs: Milliseconds,
    options?: CacheCallOptions,
  ): Promise<ReadonlyMap<string, LeasedEntry>> {
    const beginMs = this.#recorder.clock.begin();
    const entries = await this.#inner.getOrLease(keys, leaseTtlMs, options);
    const span = { beginMs, endMs: this.#recorder.clock.end() };
    for (const key of keys) {
      const entry = entries.get(key);
      // Who was given the lease has seen that nothing stood there.
      this.looked(key, entry?.leased === true ? undefined : entry, span);
      if (entry?.leased !== true) continue;
      this.#recorder.record({ type: "cache", step: "add", key, kind: "lease", outcome: "done", ...span });
    }
    return entries;
  }
}

/** What a step is about. */
interface Concern {
  readonly kind?: CacheKind;
  readonly hold?: string;
}

function concernOf(bytes: Uint8Array): Concern {
  const kind = kinds.get(bytes[0]);
  if (kind === undefined) return {};
  return kind === "hold" ? { kind, hold: Buffer.from(bytes.subarray(1, 5)).toString("hex") } : { kind };
}
