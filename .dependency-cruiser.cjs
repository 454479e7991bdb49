/**
 * The layers of Aside: an import points to an earlier layer only.
 *
 *     core <- memcached, knex, decorators, session <- inversify <- examples, checks, bench
 *     inside bench: harness, contenders <- each benchmark; one benchmark never imports another
 *     inside core: errors, time <- backend <- entry <- flow <- store; memory on entry, testing on backend
 *
 * Type-only imports count, too: a layer that needs a later one's types is not below it.
 */
const test = "(\\.test\\.ts$|/fixtures/)";

/** A workspace by its folder name, however an import reached it: its source, its build, or unresolved by name. */
const pkg = (names) => `(^packages|^@aside|node_modules/@aside)/(${names})(/|$)`;

/** What each folder of core may import besides itself. */
const coreLayers = {
  errors: ["time"],
  time: ["errors"],
  backend: ["errors", "time"],
  entry: ["errors", "time", "backend"],
  flow: ["errors", "time", "backend", "entry"],
  store: ["errors", "time", "backend", "entry", "flow"],
  memory: ["errors", "time", "backend", "entry"],
  testing: ["errors", "time", "backend", "memory"],
};

/** What each package may import of the other packages. */
const packageLayers = {
  core: [],
  memcached: ["core"],
  knex: ["core"],
  decorators: ["core"],
  session: ["core"],
  inversify: ["core", "decorators"],
  "test-servers": [],
};

const coreRules = Object.entries(coreLayers).map(([layer, below]) => ({
  name: `core-${layer}-imports-earlier-layers-only`,
  severity: "error",
  from: { path: `^packages/core/src/${layer}/`, pathNot: test },
  to: { path: "^packages/core/src/", pathNot: `^packages/core/src/(${[layer, ...below].join("|")})/` },
}));

const packageRules = Object.entries(packageLayers).map(([name, below]) => ({
  name: `${name}-imports-earlier-packages-only`,
  severity: "error",
  from: { path: `^packages/${name}/src/`, pathNot: test },
  to: { path: pkg("[^/]+"), pathNot: pkg([name, ...below].join("|")) },
}));

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment:
        "Of types, too. Only the parts of the simulated world may name each other's types; Biome's noImportCycles sees to what they import at run time.",
      severity: "error",
      from: { pathNot: "^checks/simulation/src/" },
      to: { circular: true },
    },
    {
      name: "no-unresolved",
      comment: "A name that resolves to nothing, so that no rule below could judge it.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^@aside/" },
    },
    {
      name: "core-has-no-dependencies",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: test },
      to: { dependencyTypesNot: ["core", "local"] },
    },
    ...coreRules,
    {
      name: "core-folder-without-a-layer",
      comment: "Name the folder in coreLayers above, with what it may import.",
      severity: "error",
      from: { path: `^packages/core/src/(?!(${Object.keys(coreLayers).join("|")})/)[^/]+/` },
      to: {},
    },
    ...packageRules,
    {
      name: "examples-are-imported-by-nobody",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(examples|checks|bench)/" },
    },
    {
      name: "the-harness-knows-no-benchmark",
      severity: "error",
      from: { path: "^bench/src/harness/" },
      to: { path: "^bench/src/", pathNot: "^bench/src/harness/" },
    },
    {
      name: "a-benchmark-imports-no-other",
      severity: "error",
      from: { path: "^bench/src/((?!harness/)[^/]+)/" },
      to: { path: "^bench/src/", pathNot: "^bench/src/($1|harness|contenders)/" },
    },
    {
      name: "testing-is-for-tests",
      severity: "error",
      from: { pathNot: [test, "^packages/core/src/testing/", "^checks/"] },
      to: { path: ["^packages/core/(src|dist/esm|dist/cjs)/testing/", "@aside/core/testing"] },
    },
    {
      name: "test-servers-are-for-tests-checks-and-benchmarks",
      severity: "error",
      from: { pathNot: [test, "^packages/test-servers/", "^(checks|bench)/"] },
      to: { path: pkg("test-servers") },
    },
    {
      name: "nobody-imports-the-own-index",
      comment: "Inside a package import the file itself; index.ts only lists the public names.",
      severity: "error",
      from: { path: "^(packages|examples|checks)/([^/]+)/src/", pathNot: "/index\\.test\\.ts$" },
      to: { path: ["^$1/$2/src/index\\.ts$", "^$1/$2/src/[^/]+/index\\.ts$", "^$1/$2/dist/"] },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API; swc reads the sources.
    parser: "swc",
    tsPreCompilationDeps: true,
    exclude: { path: "/dist/.*\\.test\\." },
    doNotFollow: { path: ["node_modules", "/dist/"] },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs"],
    },
  },
};
