import { randomUUID } from "node:crypto";
import { cacheBackendContract } from "@aside/core/testing";
import { type MemcachedServer, startFragileServer, startMemcached } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { openMemcachedCache } from "./memcached-cache.js";

describeWithServers(["memcached"], "MemcachedCache on memcached", () => {
  const setups = [
    { name: "one server", nodes: 1, socketFile: false },
    { name: "three servers", nodes: 3, socketFile: false },
    { name: "one server on a UNIX socket", nodes: 1, socketFile: true },
  ];
  for (const { name, nodes, socketFile } of setups) {
    describe(`with ${name}`, () => {
      const servers: MemcachedServer[] = [];
      beforeAll(async () => {
        for (let n = 0; n < nodes; n += 1) servers.push(await startMemcached({ socketFile }));
      });
      afterAll(async () => {
        for (const server of servers) await server.stop();
      });

      const run = randomUUID();
      let keys = 0;
      const freshKey = (): string => {
        keys += 1;
        return `contract:${run}:${keys}`;
      };
      /** One server to break, beside all the others but one. */
      const openFragile = async () => {
        const fragile = await startFragileServer(await startMemcached());
        const partition = `127.0.0.1:${fragile.port}`;
        const sound = servers.slice(1).map(({ address }) => address);
        const cache = openMemcachedCache({ servers: [partition, ...sound], timeoutMs: 2_000 });
        const keyAt = (here: boolean): string => {
          for (;;) {
            const key = freshKey();
            if ((cache.partitionOf(key) === partition) === here) return key;
          }
        };
        return {
          cache,
          freshKey: () => keyAt(true),
          ...(sound.length > 0 && { freshKeyElsewhere: () => keyAt(false) }),
          kill: () => fragile.kill(),
          start: () => fragile.start(),
          silence: () => fragile.silence(),
          speak: () => fragile.speak(),
          async [Symbol.asyncDispose]() {
            await cache.close();
            await fragile[Symbol.asyncDispose]();
          },
        };
      };
      const open = async () =>
        openMemcachedCache({ servers: servers.map(({ address }) => address), timeoutMs: 2_000 });
      cacheBackendContract(
        { describe, it },
        {
          name: "memcached",
          ttlStepMs: 1000,
          connected: true,
          leasing: true,
          open,
          openSecond: open,
          ...(!socketFile && { openFragile }), // its proxy speaks TCP
          freshKey,
        },
      );
    });
  }
});
