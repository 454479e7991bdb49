import type { TestRunner } from "./test-runner.js";

/**
 * A runner whose tests keep the process alive. The timers of Aside do not, so a test that waits for one alone would end with
 * its process under a runner that sets no timers of its own, such as `node:test`.
 */
export function keepingAlive(runner: TestRunner): TestRunner {
  return {
    describe: (name, body) => runner.describe(name, body),
    it: (name, body) =>
      runner.it(name, async () => {
        const alive = setInterval(() => undefined, 60_000);
        try {
          await body();
        } finally {
          clearInterval(alive);
        }
      }),
  };
}
