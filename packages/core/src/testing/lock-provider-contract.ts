import { keepingAlive } from "./keeping-alive.js";
import { lockExclusionClauses } from "./lock/exclusion-clauses.js";
import { lockFaultClauses } from "./lock/fault-clauses.js";
import { lockLifeClauses } from "./lock/life-clauses.js";
import type { LockProviderHarness } from "./lock/lock-harness.js";
import { lockWaitingClauses } from "./lock/waiting-clauses.js";
import type { TestRunner } from "./test-runner.js";

/** Registers the tests of everything that `LockProvider` promises. */
export function lockProviderContract(given: TestRunner, harness: LockProviderHarness): void {
  const runner = keepingAlive(given);
  runner.describe(`LockProvider contract: ${harness.name}`, () => {
    lockExclusionClauses(runner, harness);
    lockWaitingClauses(runner, harness);
    lockLifeClauses(runner, harness);
    lockFaultClauses(runner, harness);
  });
}
