import { join } from "node:path";
import { describe } from "@jest/globals";
import knexFactory from "knex";
import { explainClauses, type Planner } from "../fixtures/explain-clauses.js";
import { openDatabase } from "../fixtures/open-database.js";
import { record, type SentStatement } from "../fixtures/recorded-statements.js";
import { temporaryFolder } from "../fixtures/sqlite-files.js";

const sqlite: Planner = {
  analyze: (knex, table) => knex.raw(`analyze ${table}`),
  async scans(knex, { sql }) {
    const plan: { detail: string }[] = await knex.raw(`explain query plan ${sql.replaceAll("?", "NULL")}`);
    return Array.from(plan, ({ detail }) => detail).filter((detail) => /\bSCAN\b|TEMP B-TREE/.test(detail));
  },
};

describe("plans of SQLite", () => {
  explainClauses(async () => {
    const folder = await temporaryFolder();
    const sent: SentStatement[] = [];
    const knex = knexFactory({
      client: "better-sqlite3",
      connection: { filename: join(folder.path, "aside.sqlite") },
      useNullAsDefault: true,
      pool: {
        afterCreate: (connection: object, done: () => void) => {
          record(connection, sent);
          done();
        },
      },
    });
    const opened = openDatabase(knex);
    await opened.database.ensureSchema();
    return {
      ...opened,
      sent,
      async [Symbol.asyncDispose]() {
        await opened[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  }, sqlite);
});
