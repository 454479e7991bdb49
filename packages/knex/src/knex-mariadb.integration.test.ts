import {
  type DatabaseHarness,
  persistenceBackendContract,
  transactionScopeContract,
} from "@aside/core/testing";
import {
  type FragileServer,
  type MariaDbServer,
  startFragileServer,
  startMariaDb,
} from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { type KnexOnUrlOptions, knexOnUrl, newMariaDatabase } from "../fixtures/maria-databases.js";
import { openDatabase } from "../fixtures/open-database.js";

describeWithServers(["mariadb"], "Knex on MariaDB", () => {
  let server: MariaDbServer;
  let url: string;
  let collections = 0;
  /** Of the suites alone, to break. */
  let fragileServer: MariaDbServer | undefined;

  beforeAll(async () => {
    server = await startMariaDb();
    url = await newMariaDatabase(server);
    await using opened = openDatabase(knexOnUrl(url));
    await opened.database.ensureSchema();
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await fragileServer?.stop();
  });

  const openFragile = async () => {
    fragileServer ??= await startMariaDb();
    if (fragileServer.pid === undefined) await fragileServer.restart();
    const direct = await newMariaDatabase(fragileServer);
    await using created = openDatabase(knexOnUrl(direct));
    await created.database.ensureSchema();
    const proxy: FragileServer = await startFragileServer(fragileServer);
    const limits = { acquireTimeoutMs: 600, statementTimeoutMs: 600, unknownCommitMs: 5_000 };
    const opened = openDatabase(
      knexOnUrl(direct.replace(`:${fragileServer.port}/`, `:${proxy.port}/`)),
      limits,
    );
    return {
      persistence: opened.database.collection<unknown>("contract"),
      deadlineMs: 2_000,
      kill: () => proxy.kill(),
      start: () => proxy.start(),
      silence: () => proxy.silence(),
      speak: () => proxy.speak(),
      async [Symbol.asyncDispose]() {
        await opened[Symbol.asyncDispose]();
        await proxy.proxy.stop();
      },
    };
  };

  /** Settings of applications that have their own ideas; none may change what is stored and found. */
  const awkward: KnexOnUrlOptions = {
    connection: {
      flags: ["-FOUND_ROWS"],
      rowsAsArray: false,
      nestTables: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      namedPlaceholders: true,
      typeCast: () => "cast",
    },
    startWith: [
      "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_ZERO_DATE'",
      "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
      "SET SESSION time_zone = '+05:30'",
    ],
  };

  for (const [name, settings] of [
    ["KnexCollection on MariaDB", {}],
    ["KnexCollection on MariaDB over connections with other settings", awkward],
  ] as const) {
    const names = new WeakMap<object, string>();
    const open = async (collection: string) => {
      const opened = openDatabase(knexOnUrl(url, settings));
      const persistence = opened.database.collection<unknown>(collection);
      names.set(persistence, collection);
      return {
        persistence,
        close: () => opened.database.close(),
        [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
      };
    };
    const harness: DatabaseHarness = {
      name,
      fencing: true,
      log: true,
      bytes: true,
      ...(settings !== awkward && { openFragile }),
      open: () => {
        collections += 1;
        return open(`contract-${collections}`);
      },
      openSecond: (first) => open(names.get(first.persistence) as string),
    };
    persistenceBackendContract({ describe, it }, harness);
    transactionScopeContract({ describe, it }, harness);
  }
});
