import {
  type DatabaseHarness,
  persistenceBackendContract,
  transactionScopeContract,
} from "@aside/core/testing";
import { describe, it } from "@jest/globals";
import { openDatabase } from "../fixtures/open-database.js";
import { knexOnFile, openNewFile } from "../fixtures/sqlite-files.js";

const filenames = new WeakMap<object, string>();

const harness: DatabaseHarness = {
  name: "KnexCollection on SQLite",
  fencing: true,
  log: true,
  bytes: true,
  async open() {
    const opened = await openNewFile();
    const persistence = opened.database.collection<unknown>("contract");
    filenames.set(persistence, opened.filename);
    return {
      persistence,
      close: () => opened.database.close(),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  },
  async openSecond(first) {
    const opened = openDatabase(knexOnFile(filenames.get(first.persistence) as string));
    return {
      persistence: opened.database.collection<unknown>("contract"),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  },
};

persistenceBackendContract({ describe, it }, harness);
transactionScopeContract({ describe, it }, harness);
