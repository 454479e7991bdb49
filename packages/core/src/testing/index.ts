export type { CacheBackendHarness } from "./cache/cache-harness.js";
export { cacheBackendContract } from "./cache-backend-contract.js";
export type { DatabaseHarness, OpenCollection } from "./database/database-harness.js";
export { ManualClock } from "./manual-clock.js";
export type { PassingTime } from "./passing-time.js";
export { persistenceBackendContract } from "./persistence-backend-contract.js";
export type { TestRunner } from "./test-runner.js";
export { transactionScopeContract } from "./transaction-scope-contract.js";
