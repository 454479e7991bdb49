import { closeClauses } from "./database/close-clauses.js";
import type { DatabaseHarness } from "./database/database-harness.js";
import { transactionFaultClauses } from "./database/fault-clauses.js";
import { invalidationLogClauses } from "./database/invalidation-log-clauses.js";
import { joinClauses } from "./database/join-clauses.js";
import { participantClauses } from "./database/participant-clauses.js";
import { transactionClauses } from "./database/transaction-clauses.js";
import { keepingAlive } from "./keeping-alive.js";
import type { TestRunner } from "./test-runner.js";

/** Registers the tests of everything that `TransactionScope` and its `InvalidationLog` promise, seen through one collection. */
export function transactionScopeContract(given: TestRunner, harness: DatabaseHarness): void {
  const runner = keepingAlive(given);
  runner.describe(`TransactionScope contract: ${harness.name}`, () => {
    transactionClauses(runner, harness);
    joinClauses(runner, harness);
    participantClauses(runner, harness);
    invalidationLogClauses(runner, harness);
    closeClauses(runner, harness);
    transactionFaultClauses(runner, harness);
  });
}
