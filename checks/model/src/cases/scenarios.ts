import type { Scenario } from "./scenario.js";

/** Everything that `npm run check:model` explores. */
export const scenarios: readonly Scenario[] = [
  {
    name: "row key",
    promise: "Two writers of one row and three readers: reads and writes are linearizable.",
    settings: {},
    cousins: [
      {
        weakness: "unguarded fills",
        failure: "A fill that was read before a write lands after it.",
        fails: "old for good",
      },
      {
        weakness: "releases delete foreign holds",
        failure: "A writer removes the hold of the next one, which then commits in the open.",
        fails: "old read",
      },
    ],
  },
  {
    name: "crash of a writer",
    promise: "A writer may crash at any point: reads stay linearizable, and nothing stays old.",
    settings: { readers: 2, crashes: 1 },
    cousins: [
      {
        weakness: "no holds",
        failure: "The writer crashes between its commit and the removal; nobody removes the old value.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "rollback",
    promise: "A rollback releases as a commit does, and takes no other write with it.",
    settings: { readers: 2, rollbacks: [0], crashes: 1 },
    cousins: [],
  },
  {
    name: "eviction of values and leases",
    promise: "The cache may forget values and leases at any time.",
    settings: { readers: 2, evictions: 2 },
    cousins: [],
  },
  {
    name: "restart between writes",
    promise: "The cache may restart, and count its tokens from 1 again, while no writer counts on its hold.",
    settings: { readers: 2, restarts: 1 },
    cousins: [
      {
        weakness: "tokens outlive their connection",
        failure: "A lease from before the restart has the token of what stands there now.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "restart before a commit",
    promise:
      "A writer whose connection broke after its hold logs the key: fresh after acknowledgement, even if it crashes.",
    settings: {
      readers: 2,
      restarts: 1,
      restartsWhen: "before a commit is sent",
      crashes: 1,
      reads: "fresh",
    },
    cousins: [
      {
        weakness: "holds are trusted after the connection broke",
        failure: "The hold is lost, a reader fills, the writer commits and crashes, and nobody knows.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "outage",
    promise:
      "The cache is out of reach for a while and keeps what it held: whoever comes back delivers the log before it believes the cache.",
    settings: { readers: 2, warm: true, outages: 1, crashes: 1, reads: "fresh" },
    cousins: [
      {
        weakness: "nodes are believed at once",
        failure: "The cache comes back with a value from before a write that was acknowledged meanwhile.",
        fails: "old read",
      },
      {
        weakness: "holds are trusted after the connection broke",
        failure: "The hold runs out behind the outage.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "restart in a write, release unconfirmed",
    promise:
      "A hold that is lost in a restart and a release that nobody confirms leave nothing old for good: the key is logged.",
    settings: {
      writers: ["row"],
      readers: 2,
      restarts: 1,
      restartsWhen: "at any time",
      unconfirmedReleases: true,
      reads: "convergent",
    },
    cousins: [
      {
        weakness: "unconfirmed releases are ignored",
        failure: "The release never reached the cache, and nobody tries again.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "hold unconfirmed",
    promise:
      "A writer whose hold is not confirmed logs the key; the relay leaves the hold of the next writer alone.",
    settings: { readers: 2, unconfirmedHolds: [0], crashes: 1 },
    cousins: [
      {
        weakness: "the relay deletes holds",
        failure: "The relay uncovers the old value while the next writer commits, which then crashes.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "hold late",
    promise: "A hold that was not confirmed arrives whenever it likes, over the hold of another writer too.",
    settings: { readers: 2, unconfirmedHolds: [0], lateHolds: true, crashes: 1 },
    cousins: [
      {
        weakness: "releases delete their own late holds",
        failure: "It stood in the place of the next writer's hold, who commits in the open and crashes.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "renewal of leases",
    promise: "A reader renews its lease by its token while it loads; a lease that is gone is gone.",
    settings: { readers: 2, leaseRenewals: 1, crashes: 1 },
    cousins: [
      {
        weakness: "lost leases are taken anew",
        failure: "The new lease vouches for a read that began before it.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "commit unknown",
    promise: "The connection breaks in a commit: the hold is kept until the database has done with it.",
    settings: { readers: 2, unknownCommits: true },
    cousins: [
      {
        weakness: "unknown commits leave the hold to expire",
        failure: "The hold runs out, a reader fills, and then the commit is processed.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "value too large",
    promise: "A value that is too large is not sent; the lease is given back by its token.",
    settings: { readers: 2, oversized: [0], crashes: 1 },
    cousins: [
      {
        weakness: "oversized fills reach the server",
        failure: "The server removes whatever stands at the key: a hold.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "holds that run out under their writer",
    promise:
      "With every key logged a hold may end inside the commit window and its writer crash: nothing stays old.",
    settings: { readers: 2, holdsExpire: "at any time", logged: "always", crashes: 1, reads: "fresh" },
    cousins: [
      {
        weakness: "invalidations are not logged",
        failure: "The hold runs out before the commit, a reader fills, and the writer crashes.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "joiners of a flight",
    promise:
      "A caller that joins a load takes its answer if it came before the database was asked, or if the fill was stored.",
    settings: { readers: 2, joiners: 1 },
    cousins: [
      {
        weakness: "joiners take any value",
        failure: "A caller that came after a write was acknowledged takes what was read before that write.",
        fails: "old read",
      },
    ],
  },
  {
    name: "joiners of a get on its way",
    promise: "A cache answer is for those who came before the get was sent.",
    settings: { readers: 2, joiners: 1, slowGets: true },
    cousins: [
      {
        weakness: "joiners take a get that was sent before",
        failure: "The answer is older than the write that the caller knows of.",
        fails: "old read",
      },
    ],
  },
  {
    name: "joiners of a fill on its way",
    promise: "A stored fill vouches for those who came before it was sent.",
    settings: { readers: 2, joiners: 1, slowFills: true },
    cousins: [
      {
        weakness: "joiners take a fill that was sent before",
        failure: "The fill was stored, but before the write that the caller knows of.",
        fails: "old read",
      },
    ],
  },
  {
    name: "derived key",
    promise: "Two writers without a lock in common: reads are fresh after acknowledgement.",
    settings: { writers: ["derived", "derived"], reads: "fresh" },
    cousins: [],
  },
  {
    name: "derived key, crash and eviction",
    promise: "The same when a writer crashes and the cache forgets anything, a hold too; nothing stays old.",
    settings: {
      writers: ["derived", "derived"],
      readers: 2,
      crashes: 1,
      evictions: 1,
      evicted: "anything",
      reads: "fresh",
    },
    cousins: [
      {
        weakness: "derived keys are not logged",
        failure:
          "The writer whose hold was replaced crashes after its commit, and nobody removes the old value.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "renewal",
    promise: "Writers renew their holds, also after the commit that they do not know of yet.",
    settings: { renewals: 1 },
    cousins: [
      {
        weakness: "renewals take the place of foreign holds",
        failure:
          "A writer that has committed covers the hold of the next one, then releases; the next commits in the open.",
        fails: "old read",
      },
    ],
  },
  {
    name: "renewal with crashes and unknown commits",
    promise: "The same with crashes, and with commits whose outcome is unknown.",
    settings: { readers: 2, renewals: 1, crashes: 1, unknownCommits: true, evictions: 1 },
    cousins: [
      {
        weakness: "renewals take the place of foreign holds",
        failure: "The same, and the next writer crashes.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "renewal of holds that the cache forgets",
    promise:
      "A renewal sets a forgotten hold anew, over a lease or a value: reads are fresh after acknowledgement.",
    settings: { readers: 2, renewals: 2, evictions: 1, evicted: "anything", reads: "fresh" },
    cousins: [],
  },
  {
    name: "refresh before expiry",
    promise: "A refresh replaces the very value that was served, by a token got before its read.",
    settings: { warm: true, refreshers: [0, 1] },
    cousins: [
      {
        weakness: "a refresh gets its token after its read",
        failure: "The token is that of a value filled after the write which the refresh has not seen.",
        fails: "old for good",
      },
      {
        weakness: "a refresh stores over anything",
        failure: "The refresh brings back what a write has removed.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "refresh with crashes and evictions",
    promise: "The same with crashes and evictions.",
    settings: { warm: true, refreshers: [0], crashes: 1, evictions: 1 },
    cousins: [],
  },
  {
    name: "tag",
    promise: "A writer of a row and one of its tag: reads are linearizable.",
    settings: { writers: ["row", "tag"], tagged: true },
    cousins: [
      {
        weakness: "no holds",
        failure: "One reader sees the new value in the database, the next one the old value in the cache.",
        fails: "old read",
      },
      {
        weakness: "seeds are counted",
        failure: "The count begins anew, and old entries are valid again.",
        fails: "old read",
      },
      {
        weakness: "seeds are read after the database",
        failure: "A value read before the tag was invalidated gets the seed of after.",
        fails: "old for good",
      },
      {
        weakness: "readers replace held seeds",
        failure: "An entry is filled, and served, while the tag's writer commits.",
        fails: "old read",
      },
    ],
  },
  {
    name: "tag, seed looked at first",
    promise: "The same where the multi-get looks at the seed before it looks at the entry.",
    settings: { writers: ["row", "tag"], readers: 2, tagged: true, looks: "seed first", evictions: 1 },
    cousins: [],
  },
  {
    name: "tag, entry looked at first",
    promise: "The same where the multi-get looks at the entry before it looks at the seed.",
    settings: { writers: ["row", "tag"], readers: 2, tagged: true, looks: "entry first", evictions: 1 },
    cousins: [],
  },
  {
    name: "tag, eviction and crash",
    promise: "Seeds may be evicted, and their writer may crash: reads stay linearizable, nothing stays old.",
    settings: { writers: ["tag"], tagged: true, evictions: 1, crashes: 1 },
    cousins: [],
  },
  {
    name: "tag, overlapping writers",
    promise:
      "Two writers of one tag, one of which may crash: fresh after acknowledgement, nothing stays old.",
    settings: { writers: ["tag", "tag"], readers: 2, tagged: true, crashes: 1, renewals: 1, reads: "fresh" },
    cousins: [
      {
        weakness: "derived keys are not logged",
        failure: "The writer whose hold was replaced crashes after its commit, and the seed stays.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "tag, seed added late",
    promise: "A seed whose `add` was not confirmed in time is not used, and may arrive whenever it likes.",
    settings: { writers: ["tag"], tagged: true, lateSeeds: true },
    cousins: [
      {
        weakness: "unconfirmed seeds are used",
        failure: "The seed arrives after the tag was invalidated, and makes valid what was read before.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "tag, joiners",
    promise: "A stored fill vouches for the key, not for its tag: who came late asks again.",
    settings: { writers: ["tag"], readers: 2, joiners: 1, tagged: true },
    cousins: [
      {
        weakness: "joiners take tagged values",
        failure: "The fill was stored although the tag was invalidated after the read.",
        fails: "old read",
      },
    ],
  },
  {
    name: "tag, refresh before expiry",
    promise: "A refresh stores under the seed that it served from.",
    settings: { writers: ["row", "tag"], warm: true, tagged: true, refreshers: [0] },
    cousins: [
      {
        weakness: "a refresh stores over anything",
        failure: "The refresh brings back what the writer of the row has removed.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "@Invalidates",
    promise: "Work outside the database: intent, hold, work, release, settle. It may crash at any point.",
    settings: { writers: ["work"], crashes: 1 },
    cousins: [
      {
        weakness: "no holds",
        failure: "One reader sees what the work did, the next one the old value in the cache.",
        fails: "old read",
      },
    ],
  },
  {
    name: "@Invalidates, overlapping",
    promise: "Two of them, one of which may crash: fresh after acknowledgement, nothing stays old.",
    settings: { writers: ["work", "work"], readers: 2, crashes: 1, reads: "fresh" },
    cousins: [
      {
        weakness: "intents follow the work",
        failure: "The one whose hold was replaced crashes between its work and its log row.",
        fails: "old for good",
      },
      {
        weakness: "the relay deletes intents when it delivers them",
        failure: "The intent is delivered before the work is done, and nobody delivers it again.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "@Invalidates, hold unconfirmed",
    promise: "The intent stands in for a hold that was not confirmed.",
    settings: { writers: ["work", "row"], readers: 2, unconfirmedHolds: [0], crashes: 1, reads: "fresh" },
    cousins: [
      {
        weakness: "intents follow the work",
        failure: "There was no hold, and no intent yet when it crashed.",
        fails: "old for good",
      },
    ],
  },
  {
    name: "@Invalidates, release unconfirmed",
    promise: "A release that nobody confirms leaves nothing old for good.",
    settings: {
      writers: ["work", "work"],
      readers: 2,
      unconfirmedReleases: true,
      crashes: 1,
      reads: "convergent",
    },
    cousins: [],
  },
];
