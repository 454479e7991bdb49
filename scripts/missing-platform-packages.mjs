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

/** `packages/a` -> `packages/a/`, `packages/`, ``: the folders whose `node_modules` Node.js looks into. */
function foldersAbove(path) {
  const parts = path.split("/");
  return [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join("/")}/`), ""];
}
