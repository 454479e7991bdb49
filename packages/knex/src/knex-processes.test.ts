import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { openDatabase } from "../fixtures/open-database.js";
import { addInProcesses } from "../fixtures/processes.js";
import { knexOnFile, temporaryFolder } from "../fixtures/sqlite-files.js";

describe("processes on one SQLite file", () => {
  it("lose none of 600 read-modify-writes, though they met on an empty file", async () => {
    await using folder = await temporaryFolder();
    const filename = join(folder.path, "shared.sqlite");
    const config = { client: "better-sqlite3", connection: { filename }, useNullAsDefault: true };
    await addInProcesses(config, 2, 300);
    await using opened = openDatabase(knexOnFile(filename));
    const found = await opened.database.collection<number>("rows").readMany(["counter"]);
    assert.equal(found.get("counter")?.value, 600);
  }, 60_000);

  it("may all set up the schema of an empty file at once, with other instances of this process", async () => {
    await using folder = await temporaryFolder();
    const filename = join(folder.path, "shared.sqlite");
    const config = { client: "better-sqlite3", connection: { filename }, useNullAsDefault: true };
    const opened = Array.from({ length: 10 }, () => openDatabase(knexOnFile(filename)));
    try {
      await Promise.all([
        addInProcesses(config, 3, 1),
        ...opened.map(({ database }) => database.ensureSchema()),
      ]);
      const found = await opened[0]?.database.collection<number>("rows").readMany(["counter"]);
      assert.equal(found?.get("counter")?.value, 3);
    } finally {
      await Promise.all(opened.map((each) => each[Symbol.asyncDispose]()));
    }
  }, 60_000);
});
