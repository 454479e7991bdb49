import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./root.mjs";
import { runNode } from "./run-node.mjs";
import { workspaces } from "./workspaces.mjs";

const cjsMarker = '{ "type": "commonjs" }\n';

/** Compiles every workspace that changed, and makes `dist` hold what the sources say and nothing else. */
export async function build() {
  const started = performance.now();
  const code = await runNode([join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
  if (code !== 0) return code;
  for (const workspace of workspaces()) {
    markCommonJs(workspace);
    for (const file of staleOutput(workspace)) {
      console.log(`aside: removing ${relative(root, file)}: its source is gone`);
      rmSync(file);
    }
  }
  console.log(`aside: built (tsc -b) in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return 0;
}

/** Node reads `dist/cjs/*.js` as CommonJS only if the nearest package.json says so. */
function markCommonJs(workspace) {
  if (!existsSync(join(workspace, "tsconfig.cjs.json"))) return;
  const folder = join(workspace, "dist", "cjs");
  const marker = join(folder, "package.json");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(marker) || readFileSync(marker, "utf8") !== cjsMarker) writeFileSync(marker, cjsMarker);
}

/** Compiled files without a source: `tsc -b` leaves them behind when a source is deleted or renamed. */
export function staleOutput(workspace) {
  const dist = join(workspace, "dist");
  if (!existsSync(dist)) return [];
  return readdirSync(dist, { recursive: true })
    .map(String)
    .filter((file) => /\.(js|d\.ts)(\.map)?$/.test(file))
    .filter((file) => {
      const source = file.replace(/^(esm|cjs)[\\/]/, "").replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
      return !existsSync(join(workspace, "src", source));
    })
    .map((file) => join(dist, file));
}
