import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll } from "@jest/globals";
import { FragileServers } from "../fixtures/fragile-database.js";
import { leaseLockClauses, sessionLockClauses } from "../fixtures/lock-clauses.js";
import { openDatabase } from "../fixtures/open-database.js";
import { knexOnUrl, openNewDatabase, type SqlServer, sqlServers } from "../fixtures/server-databases.js";

for (const kind of sqlServers) {
  describeWithServers([kind.needs], `Locks on ${kind.name}`, () => {
    let server: SqlServer;
    let url: string;
    beforeAll(async () => {
      server = await kind.start();
      await using opened = await openNewDatabase(server);
      url = opened.url;
    }, 60_000);
    const fragileServers = new FragileServers(kind);
    const openFragile = () => fragileServers.open();
    afterAll(async () => {
      await server?.stop();
      await fragileServers.stop();
    });

    const open = async () => {
      const opened = await openNewDatabase(server);
      return { ...opened, openAgain: async () => openDatabase(knexOnUrl(opened.url)) };
    };
    const onceMore = () => openDatabase(knexOnUrl(url, { poolMax: 280 }));
    const openShared = async () => ({ ...onceMore(), openAgain: async () => onceMore() });
    leaseLockClauses(kind.name, { open, openShared, openFragile });
    sessionLockClauses(kind.name, { open, openShared, openFragile }, kind.endSessions);
  });
}
