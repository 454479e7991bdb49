/** @jest-config-loader esbuild-register */
import type { Config } from "jest";

/** Each project is one kind of test; `npm test -- --selectProjects unit` runs one of them. */
const unit = [
  "<rootDir>/packages/*/src/**/*.test.ts",
  "<rootDir>/bench/src/**/*.test.ts",
  "!**/*.integration.test.ts",
];
const integration = [
  "<rootDir>/packages/*/src/**/*.integration.test.ts",
  "<rootDir>/bench/src/**/*.integration.test.ts",
  "<rootDir>/checks/*/src/**/*.integration.test.ts",
];
const examples = [
  "<rootDir>/examples/*/src/**/*.test.ts",
  "<rootDir>/checks/*/src/**/*.test.ts",
  "!**/*.integration.test.ts",
];

const swc = (transform: Record<string, unknown>): [string, Record<string, unknown>] => [
  "@swc/jest",
  {
    jsc: {
      parser: { syntax: "typescript", decorators: true },
      target: "es2022",
      keepClassNames: true,
      transform,
    },
    module: { type: "es6" },
  },
];

const project = (displayName: string, testMatch: string[]) => ({
  displayName,
  testMatch,
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  modulePathIgnorePatterns: ["/dist/"],
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    "^@aside/([a-z-]+)$": "<rootDir>/packages/$1/src/index.ts",
    "^@aside/([a-z-]+)/([a-z-]+)$": "<rootDir>/packages/$1/src/$2/index.ts",
  },
  transform: {
    "\\.tc39\\.test\\.ts$": swc({ decoratorVersion: "2022-03" }),
    "^(?!.*\\.tc39\\.test\\.ts$).*\\.ts$": swc({ legacyDecorator: true, decoratorMetadata: false }),
  },
});

const config: Config = {
  projects: [project("unit", unit), project("integration", integration), project("examples", examples)],
  reporters: ["default", "<rootDir>/scripts/skipped-suites-reporter.mjs"],
  // Servers share the machine with the tests, so more workers only make time limits lie.
  maxWorkers: 2,
  testTimeout: 20_000,
};

export default config;
