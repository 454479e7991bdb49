import type { SqlValue, StatementResult } from "./dialect/dialect.js";

/** Where the statements of one call go: to one transaction, or each by itself. Rejections are `AsideError`s. */
export interface StatementExecutor {
  readonly inTransaction: boolean;
  /** For statements that only read. */
  query(sql: string, bindings: readonly SqlValue[]): Promise<StatementResult>;
  execute(sql: string, bindings: readonly SqlValue[]): Promise<StatementResult>;
}
