import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { leaseLockClauses } from "../fixtures/lock-clauses.js";
import { openDatabase } from "../fixtures/open-database.js";
import { knexOnFile, openNewFile } from "../fixtures/sqlite-files.js";

it("SQLite has no locks of a session: a TypeError says so", async () => {
  await using opened = await openNewFile();
  assert.throws(() => opened.database.sessionLocks(), TypeError);
});

const open = async () => {
  const opened = await openNewFile();
  return { ...opened, openAgain: async () => openDatabase(knexOnFile(opened.filename)) };
};
leaseLockClauses("SQLite", { open, openShared: open });
