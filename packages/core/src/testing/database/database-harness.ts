import type { PersistenceBackend } from "../../backend/persistence-backend.js";
import type { PassingTime } from "../passing-time.js";

/** What the adapter of a database brings to its contract suites. Every claim made here is a claim tested. */
export interface DatabaseHarness extends PassingTime {
  /** Names the adapter in the titles of the tests. */
  readonly name: string;

  /** Claim: writes check fencing tokens. Otherwise one that carries a token must be refused. */
  readonly fencing: boolean;

  /** Claim: the transaction scope has an invalidation log. */
  readonly log: boolean;

  /** A fresh, empty collection that takes any JSON value. The suite disposes of it. */
  open(): Promise<OpenCollection>;

  /**
   * The same collection over other connections, as another process would have it. The suite disposes of it.
   * Absent: one client only.
   */
  openSecond?(first: OpenCollection): Promise<OpenCollection>;
}

/** A collection and what was opened for it. Disposing of it closes that. */
export interface OpenCollection extends AsyncDisposable {
  readonly persistence: PersistenceBackend<unknown>;
}
