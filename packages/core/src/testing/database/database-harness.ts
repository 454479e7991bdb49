import type { PersistenceBackend } from "../../backend/persistence-backend.js";
import type { Milliseconds } from "../../time/clock.js";
import type { FragileServer } from "../fragile-server.js";
import type { PassingTime } from "../passing-time.js";

/** What the adapter of a database brings to its contract suites. Every claim made here is a claim tested. */
export interface DatabaseHarness extends PassingTime {
  /** Names the adapter in the titles of the tests. */
  readonly name: string;

  /** Claim: writes check fencing tokens. Otherwise one that carries a token must be refused. */
  readonly fencing: boolean;

  /** Claim: the transaction scope has an invalidation log. */
  readonly log: boolean;

  /** Claim: values may hold bytes (`Uint8Array`). Default: `false`. */
  readonly bytes?: boolean | undefined;

  /** A fresh, empty collection that takes any JSON value. The suite disposes of it. */
  open(): Promise<OpenCollection>;

  /**
   * The same collection over other connections, as another process would have it. The suite disposes of it.
   * Absent: one client only.
   */
  openSecond?(first: OpenCollection): Promise<OpenCollection>;

  /**
   * A fresh, empty collection on a server that nobody else uses, for the tests of its faults. The suite disposes of it.
   * Absent: no server stands behind the database, or none that a test can break.
   */
  openFragile?(): Promise<FragileCollection>;
}

/** A collection and what was opened for it. Disposing of it closes that. */
export interface OpenCollection extends AsyncDisposable {
  readonly persistence: PersistenceBackend<unknown>;

  /** Ends the backend, as its owner does: what is under way settles, later calls reject with `CLOSED`. Absent: it has no end. */
  close?(): Promise<void>;
}

/** A collection and the server behind it, which keeps what was committed when it dies. */
export interface FragileCollection extends OpenCollection, FragileServer {
  /** Claim: how long a call takes at most that gets no answer; a transaction, from its last statement. */
  readonly deadlineMs: Milliseconds;
}
