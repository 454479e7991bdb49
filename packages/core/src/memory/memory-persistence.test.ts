import { describe, it } from "@jest/globals";
import type { DatabaseHarness } from "../testing/database/database-harness.js";
import { ManualClock } from "../testing/manual-clock.js";
import { persistenceBackendContract } from "../testing/persistence-backend-contract.js";
import { transactionScopeContract } from "../testing/transaction-scope-contract.js";
import { MemoryPersistence } from "./memory-persistence.js";
import { MemoryTransactions } from "./memory-transactions.js";

const clock = new ManualClock();

const harnesses: readonly DatabaseHarness[] = [true, false].map((log) => ({
  name: `MemoryPersistence with${log ? "" : "out"} a log`,
  clock,
  fencing: true,
  bytes: true,
  log,
  async open() {
    const persistence = new MemoryPersistence<unknown>({
      clock,
      transactions: new MemoryTransactions({ clock, log }),
    });
    return { persistence, async [Symbol.asyncDispose]() {} };
  },
}));

for (const harness of harnesses) {
  persistenceBackendContract({ describe, it }, harness);
  transactionScopeContract({ describe, it }, harness);
}
