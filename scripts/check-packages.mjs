/**
 * Packs every public package as npm would publish it, and looks at what users would get: `npm run check:packages`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "./build.mjs";
import { missingPlatformPackages } from "./missing-platform-packages.mjs";
import { root } from "./root.mjs";
import { runNode } from "./run-node.mjs";
import { manifestOf, publicPackages } from "./workspaces.mjs";

let problems = 0;

function problem(text) {
  problems += 1;
  console.error(`  ✗ ${text}`);
}

/** The file behind the one command of a development tool. */
function binOf(packageName) {
  const folder = join(root, "node_modules", packageName);
  return join(folder, Object.values(manifestOf(folder).bin)[0]);
}

/** The files of a packed package, as paths inside it. */
function pack(folder, destination) {
  const npm = process.env.npm_execpath;
  const args = [
    npm,
    "pack",
    "--json",
    "--ignore-scripts",
    "--loglevel=error",
    "--pack-destination",
    destination,
  ];
  const answer = JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }));
  const [{ filename, files, size }] = Array.isArray(answer) ? answer : Object.values(answer);
  return { tarball: join(destination, basename(filename)), files: files.map(({ path }) => path), size };
}

/** Every file the manifest points to, wherever it stands in `exports`. */
function targetsOf(value) {
  if (typeof value === "string") return value.startsWith("./") ? [value.slice(2)] : [];
  return Object.values(value ?? {}).flatMap(targetsOf);
}

function checkFiles(folder, manifest, files) {
  const has = new Set(files);
  for (const target of targetsOf(manifest.exports))
    if (!has.has(target)) problem(`exports ${target}, which is not packed`);
  for (const file of ["README.md", "LICENSE"]) if (!has.has(file)) problem(`${file} is not packed`);
  if (
    targetsOf(manifest.exports).some((target) => target.startsWith("dist/cjs/")) &&
    !has.has("dist/cjs/package.json")
  ) {
    problem("dist/cjs/package.json, which makes its files CommonJS, is not packed");
  }
  for (const file of files) {
    if (/\.test\.|\.tsbuildinfo$/.test(file)) problem(`${file} is not for users`);
    const source = /^dist\/(?:esm|cjs)\/(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file)?.[1];
    if (source && !existsSync(join(folder, "src", `${source}.ts`)))
      problem(`${file} is stale: its source is gone`);
  }
}

/** The subpaths that only resolvers with `exports` find are not judged by the rules of resolvers without. */
function profileOf(manifest) {
  const entries = Object.values(manifest.exports).filter((entry) => typeof entry === "object");
  if (entries.every((entry) => !entry.require)) return "esm-only";
  return entries.length > 1 ? "node16" : "strict";
}

function unpack(tarball, destination) {
  mkdirSync(destination, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", destination, "--strip-components", "1"]);
}

/** Loads each entry of an unpacked package in every format that it claims to have. */
async function load(manifest, cwd) {
  for (const [subpath, entry] of Object.entries(manifest.exports)) {
    if (typeof entry === "string") continue;
    const name = JSON.stringify(join(manifest.name, subpath).replaceAll("\\", "/"));
    const esm = ["--input-type=module", "--eval", `await import(${name})`];
    if ((await runNode(esm, { cwd })) !== 0) problem(`import(${name}) fails`);
    const cjs = ["--input-type=commonjs", "--eval", `require(${name})`];
    if (entry.require && (await runNode(cjs, { cwd })) !== 0) problem(`require(${name}) fails`);
  }
}

const failed = await build();
if (failed) process.exit(failed);

console.log("platform packages of package-lock.json");
for (const missing of missingPlatformPackages())
  problem(`${missing} is missing: npm ci fails on that platform`);

// Below the root's node_modules, so that the unpacked packages find their peers as they would in an application.
const folder = mkdtempSync(join(root, "node_modules", ".packed-"));
try {
  for (const each of publicPackages()) {
    const manifest = manifestOf(each);
    const { tarball, files, size } = pack(each, folder);
    console.log(`${manifest.name}: ${files.length} files, ${(size / 1024).toFixed(0)} kB packed`);
    checkFiles(each, manifest, files);
    if ((await runNode([binOf("publint"), tarball, "--strict"])) !== 0) problem("publint");
    const attw = [binOf("@arethetypeswrong/cli"), tarball, "--format", "ascii", "--profile"];
    if ((await runNode([...attw, profileOf(manifest)])) !== 0) problem("attw");
    unpack(tarball, join(folder, "node_modules", manifest.name));
  }
  for (const each of publicPackages()) await load(manifestOf(each), folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log(problems === 0 ? "All packages are fit to be published." : `${problems} problems.`);
process.exitCode = problems === 0 ? 0 : 1;
