import { randomBytes } from "node:crypto";
import type { InvalidationBus, Unsubscribe } from "../backend/invalidation-bus.js";
import type { Clock, ClockTimer, Milliseconds } from "../time/clock.js";
import { detached } from "./detached.js";
import type { NearCache } from "./near-cache.js";

/** How often each process gives a sign of life. */
const heartbeatMs = 1_000;
/** A sender that was not heard for this long has missed several signs of life. */
const silenceMs = 3_500;

interface Message {
  readonly from: string;
  /** Counts the sender's messages, from 1. */
  readonly number: number;
  /** Names of what was invalidated; none in a sign of life. */
  readonly names: readonly string[];
}

interface Sender {
  lastNumber: number;
  heardAtMs: Milliseconds;
}

/**
 * Carries invalidations between the near caches of one cache, of all processes, over a bus that may lose messages.
 *
 * Invariant: while a near cache is in use, this process hears its own messages, and has heard every message of each sender up to that sender's
 * last. A gap in a sender's numbers, or a sender that was first heard with a number above 1, means that invalidations were missed: everything
 * is dropped. Silence means that they may be: everything is dropped, and when it is the own messages that are not heard, the near caches stay empty.
 */
export class InvalidationFeed {
  readonly #bus: InvalidationBus;
  readonly #clock: Clock;
  readonly #id = randomBytes(9).toString("base64url");
  readonly #nearCaches = new Set<NearCache>();
  readonly #senders = new Map<string, Sender>();
  #number = 0;
  /** Whether the own messages are heard. */
  #hearing = false;
  #timer: ClockTimer | undefined;
  readonly #unsubscribe: Unsubscribe;

  constructor(bus: InvalidationBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    this.#unsubscribe = detached(() => bus.subscribe((text) => this.#receive(text)));
    this.#beat();
  }

  add(near: NearCache): void {
    this.#nearCaches.add(near);
    if (!this.#hearing) near.suspend();
  }

  remove(near: NearCache): void {
    this.#nearCaches.delete(near);
  }

  /** Tells the others. The own near caches have dropped it by then. A message that is lost leaves a gap, which drops the others' near caches. */
  publish(names: readonly string[]): void {
    this.#number += 1;
    const text = JSON.stringify({ from: this.#id, number: this.#number, names } satisfies Message);
    detached(async () => this.#bus.publish(text)).catch(lost);
  }

  close(): void {
    this.#timer?.cancel();
    this.#unsubscribe();
  }

  #receive(text: string): void {
    const message = parsed(text);
    if (message === undefined) {
      this.#drop(); // who knows what it said
      return;
    }
    const { from, number, names } = message;
    const sender = this.#senders.get(from) ?? { lastNumber: 0, heardAtMs: 0 };
    if (number !== sender.lastNumber + 1) this.#drop();
    sender.lastNumber = number;
    sender.heardAtMs = this.#clock.monotonicMs();
    this.#senders.set(from, sender);
    if (from === this.#id && !this.#hearing) {
      this.#hearing = true;
      for (const near of this.#nearCaches) near.resume();
    }
    if (names.length > 0) for (const near of this.#nearCaches) near.invalidate(names);
  }

  #beat(): void {
    this.publish([]);
    this.#timer = detached(() => this.#clock.after(heartbeatMs, () => this.#listen(), "tidy"));
  }

  /** Looks who has fallen silent, and gives the next sign of life. */
  #listen(): void {
    const silentSinceMs = this.#clock.monotonicMs() - silenceMs;
    for (const [id, { heardAtMs }] of this.#senders) {
      if (heardAtMs > silentSinceMs) continue;
      this.#senders.delete(id);
      if (id !== this.#id) this.#drop();
      else {
        this.#hearing = false;
        for (const near of this.#nearCaches) near.suspend();
      }
    }
    this.#beat();
  }

  #drop(): void {
    for (const near of this.#nearCaches) near.clear();
  }
}

const feeds = new WeakMap<InvalidationBus, { readonly feed: InvalidationFeed; users: number }>();

/** What a store has of its bus: near caches of one process share the feed of theirs. */
export interface JoinedFeed {
  publish(names: readonly string[]): void;
  leave(): void;
}

/** Connects `near` with the near caches of other processes. The feed goes by the clock of the first that joins it. */
export function joinFeed(bus: InvalidationBus, clock: Clock, near: NearCache): JoinedFeed {
  const shared = feeds.get(bus) ?? { feed: new InvalidationFeed(bus, clock), users: 0 };
  feeds.set(bus, shared);
  shared.users += 1;
  shared.feed.add(near);
  return {
    publish: (names) => shared.feed.publish(names),
    leave() {
      shared.feed.remove(near);
      shared.users -= 1;
      if (shared.users > 0) return;
      feeds.delete(bus);
      shared.feed.close();
    },
  };
}

function parsed(text: string): Message | undefined {
  try {
    const { from, number, names } = JSON.parse(text) as Partial<Message>;
    const sound = typeof from === "string" && Number.isSafeInteger(number) && Array.isArray(names);
    return sound ? { from, number: number as number, names } : undefined;
  } catch {
    return undefined;
  }
}

/** The next message that arrives shows the gap. */
function lost(): void {}
