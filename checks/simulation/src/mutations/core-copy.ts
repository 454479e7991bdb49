import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Mutation } from "./mutations.js";

/** The built library's index module. */
export const coreAddress: string = import.meta.resolve("@aside/core");

/** Calls `use` with a copy of the built library that has one fault more. */
export async function withMutated<T>(mutation: Mutation, use: (core: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "aside-mutation-"));
  try {
    await cp(dirname(fileURLToPath(coreAddress)), folder, { recursive: true });
    await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
    for (const { file, from, to } of mutation.changes) {
      const path = join(folder, file);
      const text = await readFile(path, "utf8");
      const parts = text.split(from);
      if (parts.length !== 2) {
        throw new Error(
          `mutation "${mutation.name}" finds its place ${parts.length - 1} times in ${file}: ${from}`,
        );
      }
      await writeFile(path, parts.join(to));
    }
    return await use(pathToFileURL(join(folder, "index.js")).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
