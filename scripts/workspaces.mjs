import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";

/** The folders of all workspaces. */
export function workspaces() {
  return ["packages", "examples", "checks"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .concat(join(root, "bench"))
    .filter((folder) => existsSync(join(folder, "package.json")));
}

/** A workspace's package.json. */
export function manifestOf(workspace) {
  return JSON.parse(readFileSync(join(workspace, "package.json"), "utf8"));
}

/** The folders of the packages that are published. */
export function publicPackages() {
  return workspaces().filter((workspace) => !manifestOf(workspace).private);
}
