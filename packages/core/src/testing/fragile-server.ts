/** The server behind a backend under test, and the network in between, for the suite to break. Await each call before the next. */
export interface FragileServer {
  /**
   * The server dies as by SIGKILL: connections break, what was only in its memory is lost. Calls of the turn in which this is called get
   * no answer.
   */
  kill(): Promise<void>;
  /** Starts the server again, at the address of before. Resolves when it answers. */
  start(): Promise<void>;
  /** The network swallows everything: connections stand, new ones are made, but nothing arrives, in either direction. */
  silence(): Promise<void>;
  /** The network carries again. What it swallowed never arrives; connections of before may be broken. */
  speak(): Promise<void>;
}
