import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll } from "@jest/globals";
import { leaseLockClauses, sessionLockClauses } from "../fixtures/lock-clauses.js";
import { openDatabase } from "../fixtures/open-database.js";
import { knexOnUrl, openNewDatabase, type SqlServer, sqlServers } from "../fixtures/server-databases.js";

for (const kind of sqlServers) {
  describeWithServers([kind.needs], `Locks on ${kind.name}`, () => {
    let server: SqlServer;
    beforeAll(async () => {
      server = await kind.start();
    }, 60_000);
    afterAll(() => server?.stop());

    const open = async () => {
      const opened = await openNewDatabase(server);
      return { ...opened, openAgain: async () => openDatabase(knexOnUrl(opened.url)) };
    };
    leaseLockClauses(kind.name, open);
    sessionLockClauses(kind.name, open, kind.endSessions);
  });
}
