import type { TestRunner } from "./test-runner.js";

/**
 * Runs what a suite registers, one test after the other, and resolves with the titles of those that failed. For tests of the suites.
 * @param only - runs just the tests whose title matches. Default: all.
 */
export async function failingTests(
  register: (runner: TestRunner) => void,
  only: RegExp = /^/,
): Promise<readonly string[]> {
  const titles: string[] = [];
  const tests: { readonly title: string; readonly body: () => Promise<void> }[] = [];
  register({
    describe(name, body) {
      titles.push(name);
      body();
      titles.pop();
    },
    it(name, body) {
      tests.push({ title: [...titles, name].join(" > "), body });
    },
  });
  const failing: string[] = [];
  for (const { title, body } of tests) if (only.test(title)) await body().catch(() => failing.push(title));
  return failing;
}

/** `port` with some of its methods replaced: to break it on purpose. */
export function withMethods<P extends object>(port: P, methods: { readonly [Name in keyof P]?: P[Name] }): P {
  return new Proxy(port, {
    get(target, property) {
      if (Object.hasOwn(methods, property)) return methods[property as keyof P];
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
