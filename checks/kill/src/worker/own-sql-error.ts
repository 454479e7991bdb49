/** A statement of the workload itself failed: a lock that stayed taken, a connection that broke. No fault of the library. */
export class OwnSqlError extends Error {
  override readonly name = "OwnSqlError";
  /** The driver's name of the error. */
  readonly code: string;

  constructor(code: string) {
    super("A statement of the workload failed.");
    this.code = code;
  }
}
