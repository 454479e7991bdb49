import type { PersistenceBackend } from "@aside/core";

/** What rows hold: the name of the write that made it. */
export interface Row {
  readonly id: string;
}

/** One database with an empty collection, as two processes reach it. */
export interface DatabaseWorld {
  readonly clients: readonly [PersistenceBackend<Row>, PersistenceBackend<Row>];
  /** The name under which log rows are appended. */
  readonly logName: string;
  /** The instant it is for a client. */
  nowMs(): number;
  /** Lets time pass until each of the calls is settled, or waits for a lock that another transaction holds. */
  settle(underWay: ReadonlySet<Promise<unknown>>): Promise<void>;
}
