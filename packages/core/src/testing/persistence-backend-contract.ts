import type { DatabaseHarness } from "./database/database-harness.js";
import { rowExpiryClauses } from "./database/expiry-clauses.js";
import { rowFaultClauses } from "./database/fault-clauses.js";
import { rowFencingClauses } from "./database/fencing-clauses.js";
import { rowKeyClauses } from "./database/key-clauses.js";
import { rowClauses } from "./database/row-clauses.js";
import { rowLockClauses } from "./database/row-lock-clauses.js";
import { rowVersionClauses } from "./database/version-clauses.js";
import { keepingAlive } from "./keeping-alive.js";
import type { TestRunner } from "./test-runner.js";

/** Registers the tests of everything that `PersistenceBackend` promises; `transactionScopeContract` has those of its transactions. */
export function persistenceBackendContract(given: TestRunner, harness: DatabaseHarness): void {
  const runner = keepingAlive(given);
  runner.describe(`PersistenceBackend contract: ${harness.name}`, () => {
    rowClauses(runner, harness);
    rowKeyClauses(runner, harness);
    rowVersionClauses(runner, harness);
    rowFencingClauses(runner, harness);
    rowExpiryClauses(runner, harness);
    rowLockClauses(runner, harness);
    rowFaultClauses(runner, harness);
  });
}
