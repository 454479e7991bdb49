import type { LockProvider } from "../../backend/lock-provider.js";
import type { Milliseconds } from "../../time/clock.js";
import type { FragileServer } from "../fragile-server.js";
import type { PassingTime } from "../passing-time.js";

/** What an adapter for locks brings to its contract suite. Every claim made here is a claim tested. */
export interface LockProviderHarness extends PassingTime {
  /** Names the adapter in the titles of the tests. */
  readonly name: string;

  /** Claim: locks carry a fencing token. */
  readonly fencing: boolean;

  /** Claim: a lock lives for its ttl to within this time, shorter or longer. Default: 1. */
  readonly ttlStepMs?: Milliseconds | undefined;

  /** A fresh provider. The suite disposes of it. */
  open(): Promise<OpenLocks>;

  /**
   * Another client for the same locks as `first`, as another process would have it. The suite disposes of it.
   * Absent: the locks are private to one client.
   */
  openSecond?(first: OpenLocks): Promise<OpenLocks>;

  /**
   * A fresh provider on a server of its own, for the tests of its faults. The suite disposes of it.
   * Absent: no server stands behind the locks, or none that a test can break.
   */
  openFragile?(): Promise<FragileLocks>;

  /** A name that nobody has used. */
  freshName(): string;
}

/** A provider and what was opened for it. Disposing of it closes that. */
export interface OpenLocks extends AsyncDisposable {
  readonly locks: LockProvider;
}

/** A provider and the server behind it. */
export interface FragileLocks extends OpenLocks, FragileServer {
  /** Claim: how long a call takes at most that gets no answer. */
  readonly deadlineMs: Milliseconds;
}
