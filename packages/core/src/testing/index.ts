export type { CacheBackendHarness } from "./cache/cache-harness.js";
export { cacheBackendContract } from "./cache-backend-contract.js";
export { ManualClock } from "./manual-clock.js";
export type { TestRunner } from "./test-runner.js";
