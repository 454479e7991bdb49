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
      "",
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
    const endMs = this.#recorder.clock.end();
    for (const key of keys) {
      const entry = entries.get(key);
      const found: Concern = entry === undefined ? { kind: "nothing" } : concernOf(entry.bytes);
      if (entry !== undefined && found.hold !== undefined) this.#holds.set(entry.token, found.hold);
      if (found.kind === "value" || found.kind === "absence") continue;
      this.#recorder.record({ type: "cache", step: "look", key, ...found, outcome: "done", beginMs, endMs });
    }
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
