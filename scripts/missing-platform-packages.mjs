import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";

/**
 * Optional packages, mostly one for each platform, that the lock's packages name but the lock does not hold.
 * `npm ci` fails on the platforms whose package is missing, so a lock made on one machine must hold all.
 */
export function missingPlatformPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !foldersAbove(path).some((folder) => packages[`${folder}node_modules/${name}`]))
      .map((name) => `${name} (of ${path})`),
  );
}

/** `a/node_modules/b` -> `a/node_modules/b/`, `a/`, ``: where Node.js looks for a package's dependencies. */
function foldersAbove(path) {
  const folders = [`${path}/`];
  for (let at = path.lastIndexOf("node_modules/"); at >= 0; at = path.lastIndexOf("node_modules/", at - 1)) {
    folders.push(path.slice(0, at));
  }
  return [...folders, ""];
}
