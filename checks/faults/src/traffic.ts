import { setTimeout as sleep } from "node:timers/promises";
import type { CasToken, ConnectedCacheBackend, Milliseconds } from "@aside/core";
import type { CallLog } from "./call-log.js";
import type { Ledger, Version } from "./ledger.js";
import type { Transport } from "./transports.js";

const callers = 4;
const ttlMs: Milliseconds = 60_000;
const pauseMs: Milliseconds = 3;
/** Some values span several packets. */
const lengths = [20, 400, 3_000];

/** A token that a caller was given, and of what. */
export interface HeldToken {
  readonly key: string;
  readonly token: CasToken;
}

export interface TrafficOptions {
  readonly cache: ConnectedCacheBackend;
  readonly transport: Transport;
  readonly ledger: Ledger;
  readonly log: CallLog;
  /** Deadline of each call. */
  readonly timeoutMs: Milliseconds;
  /** A key that nobody has used, on the server to which all this goes. */
  readonly freshKey: () => string;
}

/**
 * Callers who store, read, lease, fill and delete through one cache, on keys of one server, and have every answer judged. Each key has one
 * writer; all read all keys.
 */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #keys: readonly string[];
  readonly #leaseKeys: readonly string[];
  #loops: Promise<unknown> | undefined;
  #stopping = false;
  #round = 0;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#keys = Array.from({ length: callers }, options.freshKey);
    this.#leaseKeys = Array.from({ length: callers }, options.freshKey);
  }

  start(): void {
    if (this.#loops !== undefined) return;
    this.#stopping = false;
    this.#loops = Promise.all(
      this.#keys.map(async (_, caller) => {
        while (!this.#stopping) {
          await this.#burst(caller);
          await sleep(pauseMs);
        }
      }),
    );
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loops;
    this.#loops = undefined;
  }

  /** One turn of every caller, all at once. */
  async bursts(): Promise<void> {
    await Promise.all(this.#keys.map((_, caller) => this.#burst(caller)));
  }

  /** Stores anew under every key, and gives the tokens of those that were confirmed. */
  async tokens(): Promise<readonly HeldToken[]> {
    const tokens = await Promise.all(this.#keys.map((key) => this.#set(key)));
    return tokens.flatMap((token, caller) =>
      token === undefined ? [] : [{ key: this.#keys[caller] as string, token }],
    );
  }

  /** Uses a token that must be void, in both ways. @returns whether both were refused, and what stood there stayed. */
  async isVoid({ key, token }: HeldToken): Promise<boolean> {
    const { cache, ledger, timeoutMs } = this.#options;
    const hold = await this.#set(key);
    const stale = ledger.issue(key);
    ledger.refused(stale);
    const stored = await cache.compareAndSet(key, bytesOf(stale), ttlMs, token, { timeoutMs });
    const deleted = await cache.delete(key, token, { timeoutMs });
    const found = (await cache.getMany([key], { timeoutMs })).get(key);
    return hold !== undefined && stored === undefined && !deleted && found !== undefined;
  }

  async #burst(caller: number): Promise<void> {
    const key = this.#keys[caller] as string;
    const others = this.#keys.map((_, offset) => this.#keys[(caller + offset) % callers] as string);
    // Written in one tick, so that answers of all kinds follow one another.
    await Promise.all([
      this.#set(key),
      this.#read([others[1] as string]),
      this.#read([...others, ...this.#leaseKeys]),
      this.#leaseAndFill(this.#leaseKeys[caller] as string),
    ]);
    await this.#read([key]);
  }

  async #set(key: string): Promise<CasToken | undefined> {
    const { cache, ledger, log, timeoutMs } = this.#options;
    this.#round += 1;
    const version = ledger.issue(key, lengths[this.#round % lengths.length]);
    const answer = await log.watch(timeoutMs, () => cache.set(key, bytesOf(version), ttlMs, { timeoutMs }));
    if (answer !== undefined) ledger.confirmed(version);
    return answer?.value;
  }

  async #read(keys: readonly string[]): Promise<void> {
    const { cache, ledger, log, timeoutMs } = this.#options;
    const beginMs = performance.now();
    const answer = await log.watch(timeoutMs, () => cache.getMany(keys, { timeoutMs }));
    if (answer === undefined) return;
    for (const [key, { bytes }] of answer.value) ledger.check(key, bytes, beginMs);
  }

  /** As core fills: lease, store over the lease, and remove by the token of that. */
  async #leaseAndFill(key: string): Promise<void> {
    const { cache, transport, ledger, log, timeoutMs } = this.#options;
    const lease = ledger.issueLease(key);
    const answer = await log.watch(timeoutMs, () => transport.lease(cache, key, timeoutMs));
    const token = answer?.value;
    if (token === undefined) {
      if (answer !== undefined) ledger.refused(lease);
      return this.#clean(key);
    }
    ledger.confirmed(lease);
    const version = ledger.issue(key);
    const filled = await log.watch(timeoutMs, () =>
      cache.compareAndSet(key, bytesOf(version), ttlMs, token, { timeoutMs }),
    );
    if (filled === undefined) return;
    if (filled.value === undefined) return ledger.refused(version);
    ledger.confirmed(version);
    await this.#delete(key, filled.value);
  }

  /** What was left under a lease key by a call that nobody knows the outcome of: looked at, and deleted by its token. */
  async #clean(key: string): Promise<void> {
    const { cache, ledger, log, timeoutMs } = this.#options;
    const beginMs = performance.now();
    const found = (await log.watch(timeoutMs, () => cache.getMany([key], { timeoutMs })))?.value.get(key);
    if (found === undefined) return;
    ledger.check(key, found.bytes, beginMs);
    await this.#delete(key, found.token);
  }

  async #delete(key: string, token: CasToken): Promise<void> {
    const { cache, ledger, log, timeoutMs } = this.#options;
    const deleted = await log.watch(timeoutMs, () => cache.delete(key, token, { timeoutMs }));
    if (deleted?.value === true) ledger.removed(key);
  }
}

function bytesOf({ text }: Version): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
