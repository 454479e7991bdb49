import { AsyncResource } from "node:async_hooks";
import type { PersistedValue } from "../backend/persistence-backend.js";
import { EncodedValue } from "../entry/encoded-value.js";
import { isAsideError } from "../errors/aside-error.js";
import { BatchReader } from "../flow/batch-reader.js";
import { databaseLate, withDeadline } from "../flow/deadline.js";
import type { Load, Loaded } from "../flow/load.js";
import type { Milliseconds } from "../time/clock.js";
import { checkTtl } from "./check-load-options.js";
import type { ResolvedStoreOptions } from "./resolve-store-options.js";
import type { LoadContext, Loader, LoadOptions, MissingLoader } from "./store-options.js";

/** What a store does for a key that the cache does not hold: read the row, or run a loader. */
export class Loads<V> {
  readonly #options: ResolvedStoreOptions<V>;
  readonly #rows: BatchReader<PersistedValue<V>> | undefined;

  constructor(options: ResolvedStoreOptions<V>) {
    this.#options = options;
    const { persistence, clock, loadTimeoutMs, name } = options;
    if (persistence === undefined) return;
    this.#rows = new BatchReader(
      (keys) => withDeadline(clock, loadTimeoutMs, persistence.readMany(keys), () => databaseLate(name)),
      { concernsAll: isDatabaseFailure },
    );
  }

  /** Reads the row of `key`, together with those of other reads of its tick. */
  ofRow(key: string): Load {
    return this.#load({}, async () => {
      const row = await (this.#rows as BatchReader<PersistedValue<V>>).read(key);
      return row === undefined ? absent(this.#options.absenceTtlMs) : this.#ofRow(row);
    });
  }

  /** Runs `loader`, in the context of the present caller: it is begun together with others of its tick. */
  ofLoader(loader: Loader<V>, options: LoadOptions<V>): Load {
    const run = AsyncResource.bind(() => this.#bounded(options, loader));
    return this.#load(options, async () => this.#ofValue(await run(), options));
  }

  /** One load for each key, which run `loadMissing` together, in the context of the present caller. */
  ofMany(loadMissing: MissingLoader<V>, options: LoadOptions<V>): (key: string) => Load {
    const run = AsyncResource.bind((keys: readonly string[]) =>
      this.#bounded(options, (context) => loadMissing(keys, context)),
    );
    const values = new BatchReader(run, { concernsAll: () => true });
    return (key) => this.#load(options, async () => this.#ofValue(await values.read(key), options));
  }

  #load(options: LoadOptions<V>, run: () => Promise<Loaded>): Load {
    const store = this.#options;
    return {
      run,
      staleIfErrorMs: options.staleIfErrorMs ?? store.staleIfErrorMs,
      softTimeoutMs: options.softTimeoutMs ?? store.softTimeoutMs,
      refreshBeforeMs: options.refreshBeforeMs ?? store.refreshBeforeMs,
    };
  }

  #ofRow({ value, version, expiresAtMs }: PersistedValue<V>): Loaded {
    const { codec, ttlMs } = this.#options;
    return { value: EncodedValue.of(value, codec), version, expiresAtMs, source: "database", ttlMs };
  }

  #ofValue(value: V | undefined, options: LoadOptions<V>): Loaded {
    const { codec, absenceTtlMs } = this.#options;
    if (value === undefined) return absent(options.absenceTtlMs ?? absenceTtlMs);
    const { ttlMs = this.#options.ttlMs } = options;
    return {
      value: EncodedValue.of(value, codec),
      version: undefined,
      expiresAtMs: undefined,
      source: "database",
      ttlMs: typeof ttlMs === "function" ? checkTtl(ttlMs(value)) : ttlMs,
    };
  }

  /** Tells `work` by its signal when its deadline has passed, and waits no longer. */
  async #bounded<T>(options: LoadOptions<V>, work: (context: LoadContext) => Promise<T>): Promise<T> {
    const { clock, loadTimeoutMs, name } = this.#options;
    const controller = new AbortController();
    if (typeof work !== "function") throw new TypeError(`Store "${name}": a loader is a function.`);
    const working = (async () => work({ signal: controller.signal }))();
    return withDeadline(clock, options.timeoutMs ?? loadTimeoutMs, working, () => {
      const late = databaseLate(name);
      controller.abort(late);
      return late;
    });
  }
}

function absent(ttlMs: Milliseconds): Loaded {
  return { value: undefined, version: undefined, expiresAtMs: undefined, source: "database", ttlMs };
}

/** A key that the database cannot hold, or one damaged row, must not fail the others that happened to be read with it. */
function isDatabaseFailure(error: unknown): boolean {
  return isAsideError(error) && error.code !== "INVALID_KEY" && error.code !== "INVALID_VALUE";
}
