import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll } from "@jest/globals";
import knexFactory from "knex";
import { explainClauses, type Planner } from "../fixtures/explain-clauses.js";
import { openDatabase } from "../fixtures/open-database.js";
import { record, type SentStatement } from "../fixtures/recorded-statements.js";
import { configOfUrl, mariaDb, newDatabase, postgres, type SqlServer } from "../fixtures/server-databases.js";

/** Access by a key, or a part of an index; nothing at all where the row that is looked for is not there. */
const byIndex = new Set(["const", "eq_ref", "ref", "ref_or_null", "range", "system", null]);

const mysqlPlanner: Planner = {
  analyze: (knex, table) => knex.raw(`analyze table ${table}`),
  async scans(knex, { sql, values }) {
    const [plan] = await knex.raw<[{ type: string | null; key: string | null; Extra: string }[]]>(
      `explain ${sql}`,
      [...values] as never,
    );
    return (plan ?? [])
      .filter(({ type, Extra }) => !byIndex.has(type) || /filesort|temporary/.test(Extra))
      .map((part) => JSON.stringify(part));
  },
};

interface PlanNode {
  readonly "Node Type": string;
  readonly Plans?: readonly PlanNode[];
}

const postgresPlanner: Planner = {
  analyze: (knex, table) => knex.raw(`analyze ${table}`),
  async scans(knex, { sql, values }) {
    const connection = await knex.client.acquireConnection();
    try {
      const { rows } = await connection.query(`explain (format json) ${sql}`, [...values]);
      const nodes = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)];
      const names = nodes(rows[0]["QUERY PLAN"][0].Plan).map((node) => node["Node Type"]);
      return names.filter((name) => name === "Seq Scan" || name === "Sort");
    } finally {
      await knex.client.releaseConnection(connection);
    }
  },
};

for (const [kind, planner] of [
  [mariaDb, mysqlPlanner],
  [postgres, postgresPlanner],
] as const) {
  describeWithServers([kind.needs], `plans of ${kind.name}`, () => {
    let server: SqlServer;
    beforeAll(async () => {
      server = await kind.start();
    }, 60_000);
    afterAll(() => server?.stop());

    explainClauses(async () => {
      const sent: SentStatement[] = [];
      const knex = knexFactory({
        ...configOfUrl(await newDatabase(server)),
        pool: {
          min: 0,
          afterCreate: (connection: object, done: () => void) => {
            record(connection, sent);
            done();
          },
        },
      });
      const opened = openDatabase(knex);
      await opened.database.ensureSchema();
      return { ...opened, sent };
    }, planner);
  });
}
