/**
 * What a contract suite needs of a test runner. `node:test`, Jest, Vitest and Mocha have it:
 * `cacheBackendContract({ describe, it }, harness)`.
 */
export interface TestRunner {
  /** Groups tests. `body` runs at once and registers them. */
  describe(name: string, body: () => void): unknown;
  /** Registers a test; it fails when `body` rejects. */
  it(name: string, body: () => Promise<void>): unknown;
}
