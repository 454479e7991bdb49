/**
 * What a writer writes, and so how it guards it:
 * - `row`: the row that the key names. The database's row lock lets one writer at a time between its write and its commit.
 * - `derived`: another row that the key's value depends on. No lock in common; the key is logged in the transaction.
 * - `tag`: like `derived`, but what it makes stale is a tag of the key: it holds and removes the tag's seed.
 * - `work`: no transaction at all (`@Invalidates`): an intent row, a hold, the work, the release, the intent settled.
 */
export type WriterKind = "row" | "derived" | "tag" | "work";

/**
 * One guard of the protocol left out. A scenario run with a weakness is a "cousin", and has to fail: this shows that the
 * scenario needs the guard, and that the model would notice its loss.
 */
export const weaknesses = [
  "no holds",
  "unguarded fills",
  "tokens outlive their connection",
  "lost leases are taken anew",
  "releases delete foreign holds",
  "releases delete their own late holds",
  "holds are trusted after the connection broke",
  "nodes are believed at once",
  "derived keys are not logged",
  "invalidations are not logged",
  "unconfirmed releases are ignored",
  "the relay deletes holds",
  "unknown commits leave the hold to expire",
  "oversized fills reach the server",
  "renewals take the place of foreign holds",
  "joiners take any value",
  "joiners take a get that was sent before",
  "joiners take a fill that was sent before",
  "joiners take tagged values",
  "seeds are counted",
  "seeds are read after the database",
  "readers replace held seeds",
  "unconfirmed seeds are used",
  "a refresh gets its token after its read",
  "a refresh stores over anything",
  "intents follow the work",
  "the relay deletes intents when it delivers them",
] as const;

export type Weakness = (typeof weaknesses)[number];

/** One scenario of the model: who takes part, what may go wrong, and what is checked. Actors count from 0. */
export interface Settings {
  readonly writers: readonly WriterKind[];
  readonly readers: number;
  /** Callers that join the flight of reader 0. */
  readonly joiners: number;
  /**
   * What a read has to contain: `linearizable` also what finished reads had returned when it began; `fresh` only what was acknowledged by then;
   * `convergent` nothing, so that only what stays old for good is found.
   */
  readonly reads: "linearizable" | "fresh" | "convergent";
  /** Which keys are logged in the transaction: derived ones and tags, or every one (`logInvalidations: "always"`). */
  readonly logged: "derived" | "always";
  /** The cache holds the initial value from the start. */
  readonly warm: boolean;

  /** How many writers may crash. */
  readonly crashes: number;
  /** How many entries the cache may evict, and which. */
  readonly evictions: number;
  readonly evicted: "anything" | "no holds";
  /** How often the cache may restart empty, and when. */
  readonly restarts: number;
  readonly restartsWhen: "at any time" | "before a commit is sent" | "no writer holds";
  /** How often the network to the cache may be cut, for everybody. What the cache holds stays. Every reader is a process of its own. */
  readonly outages: 0 | 1;
  /** A hold may run out: only once nobody renews it, or also while its writer is paused. */
  readonly holdsExpire: "after their writer" | "at any time";
  /** Writers whose hold is not confirmed; they log the key. Their release may reach the cache. */
  readonly unconfirmedHolds: readonly number[];
  /** Their holds arrive after all, at any later time. */
  readonly lateHolds: boolean;
  /** A release may stay unconfirmed; the key is then logged. */
  readonly unconfirmedReleases: boolean;
  /** The outcome of a commit may stay unknown; the hold is kept until the database has processed it. */
  readonly unknownCommits: boolean;
  /** Writers that may roll back. */
  readonly rollbacks: readonly number[];
  /** How often each writer may renew its hold, and each reader its lease. */
  readonly renewals: number;
  readonly leaseRenewals: 0 | 1;

  /** Replies to the gets and fills of reader 0 take time. */
  readonly slowGets: boolean;
  readonly slowFills: boolean;
  /** Readers whose value is larger than the cache takes. */
  readonly oversized: readonly number[];
  /** Readers that refresh a value that they find in the cache. */
  readonly refreshers: readonly number[];

  /** The entry carries a tag, whose seed stands in the cache next to it. */
  readonly tagged: boolean;
  /** In which order one multi-get looks at entry and seed. */
  readonly looks: "together" | "seed first" | "entry first";
  /** The `add` of a seed by reader 0 may miss its deadline, and arrive at any later time. */
  readonly lateSeeds: boolean;

  readonly weakness: Weakness | undefined;
}

export const defaultSettings: Settings = {
  writers: ["row", "row"],
  readers: 3,
  joiners: 0,
  reads: "linearizable",
  logged: "derived",
  warm: false,
  crashes: 0,
  evictions: 0,
  evicted: "no holds",
  restarts: 0,
  restartsWhen: "no writer holds",
  outages: 0,
  holdsExpire: "after their writer",
  unconfirmedHolds: [],
  lateHolds: false,
  unconfirmedReleases: false,
  unknownCommits: false,
  rollbacks: [],
  renewals: 0,
  leaseRenewals: 0,
  slowGets: false,
  slowFills: false,
  oversized: [],
  refreshers: [],
  tagged: false,
  looks: "together",
  lateSeeds: false,
  weakness: undefined,
};
