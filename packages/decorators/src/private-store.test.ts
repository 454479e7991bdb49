import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { describe, it } from "@jest/globals";
import { compilerPath, fixturesPath } from "../fixtures/compiler.js";
import { newUserStore } from "../fixtures/decorator-scenarios.js";
import { Cached } from "./cached.js";

describe.each(["legacy", "standard"])("a #private store, compiled by tsc as %s decorators", (mode) => {
  it("is reached by the selector", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "aside-decorators-"));
    try {
      const flags = ["--target", "es2022", "--module", "nodenext", "--outDir", folder];
      const form = mode === "legacy" ? ["--experimentalDecorators"] : [];
      await promisify(execFile)(process.execPath, [
        compilerPath,
        ...flags,
        ...form,
        "--ignoreConfig",
        path.join(fixturesPath, "private-store.mts"),
      ]);
      const { privateStoreClass } = await import(path.join(folder, "private-store.mjs"));
      await using store = newUserStore();
      const users = new (privateStoreClass(Cached))(store);
      assert.deepEqual(await users.byId(1), { id: 1, name: "private" });
      assert.notEqual(await users.byId(1), await users.byId(1));
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 60_000);
});
