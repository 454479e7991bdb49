import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cacheBackendContract } from "@aside/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SqliteCache } from "./sqlite-cache.js";

let folder = "";
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aside-sqlite-cache-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const fileOf = new WeakMap<object, string>();
function openAt(filename: string): SqliteCache {
  const cache = new SqliteCache(filename);
  fileOf.set(cache, filename);
  return cache;
}

// All that an adapter has to do to be tested.
cacheBackendContract(
  { describe, it },
  {
    name: "SqliteCache",
    ttlStepMs: 1,
    open: async () => {
      files += 1;
      return openAt(join(folder, `${files}.sqlite`));
    },
    openSecond: async (first) => openAt(fileOf.get(first) as string),
    freshKey: () => `k${Math.random()}`,
  },
);

describe("SqliteCache", () => {
  it("sweeps what has ended", async () => {
    await using cache = openAt(join(folder, "sweep.sqlite"));
    await cache.set("a", Uint8Array.of(1), 1);
    await cache.set("b", Uint8Array.of(1), 60_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await cache.sweep()).toBe(1);
    expect((await cache.getMany(["a", "b"])).size).toBe(1);
  });

  it("serves the program of this example", async () => {
    const pathOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [pathOf("dist/main.js")], {
      timeout: 15_000,
    });
    expect(stderr).toBe("");
    expect(stdout).toBe(await readFile(pathOf("expected.txt"), "utf8"));
  });
});
