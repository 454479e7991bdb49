import { randomUUID } from "node:crypto";
import { cacheBackendContract } from "@aside/core/testing";
import { type MemcachedServer, startMemcached } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openMemjsCache } from "./memjs-cache.js";

describeWithServers(["memcached"], "MemjsCache on memcached", () => {
  for (const nodes of [1, 3]) {
    describe(`with ${nodes} ${nodes === 1 ? "server" : "servers"}`, () => {
      const servers: MemcachedServer[] = [];
      beforeAll(async () => {
        for (let n = 0; n < nodes; n += 1) servers.push(await startMemcached());
      });
      afterAll(async () => {
        for (const server of servers) await server.stop();
      });

      const run = randomUUID();
      let keys = 0;
      const open = async () =>
        openMemjsCache({ servers: servers.map(({ address }) => address), timeoutMs: 2_000 });
      cacheBackendContract(
        { describe, it },
        {
          name: "memcached",
          ttlStepMs: 1000,
          connected: true,
          open,
          openSecond: open,
          freshKey: () => {
            keys += 1;
            return `contract:${run}:${keys}`;
          },
        },
      );
    });
  }
});
