import {
  type DatabaseHarness,
  persistenceBackendContract,
  transactionScopeContract,
} from "@aside/core/testing";
import { type MariaDbServer, startMariaDb } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { knexOnUrl, newMariaDatabase } from "../fixtures/maria-databases.js";
import { openDatabase } from "../fixtures/open-database.js";

describeWithServers(["mariadb"], "Knex on MariaDB", () => {
  let server: MariaDbServer;
  let url: string;
  let collections = 0;

  beforeAll(async () => {
    server = await startMariaDb();
    url = await newMariaDatabase(server);
    await using opened = openDatabase(knexOnUrl(url));
    await opened.database.ensureSchema();
  }, 60_000);

  afterAll(() => server?.stop());

  const names = new WeakMap<object, string>();
  const open = async (name: string) => {
    const opened = openDatabase(knexOnUrl(url));
    const persistence = opened.database.collection<unknown>(name);
    names.set(persistence, name);
    return { persistence, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  };
  const harness: DatabaseHarness = {
    name: "KnexCollection on MariaDB",
    fencing: true,
    log: true,
    open: () => {
      collections += 1;
      return open(`contract-${collections}`);
    },
    openSecond: (first) => open(names.get(first.persistence) as string),
  };

  persistenceBackendContract({ describe, it }, harness);
  transactionScopeContract({ describe, it }, harness);
});
