import { MemcacheClient } from "memcache-client";
import { type Client, patienceMs } from "../client.js";

type Answer = { readonly value: Buffer } | undefined;

/** https://github.com/electrode-io/memcache: the text protocol. */
export function openMemcacheClient(address: string): Client {
  const client = new MemcacheClient({
    server: { server: address, maxConnections: 1 },
    cmdTimeout: patienceMs,
    lifetime: 3_600, // seconds; what says nothing ends after one minute
  });
  return {
    name: "memcache-client",
    get: async (key) => ((await client.get(key)) as Answer)?.value,
    async getMany(keys) {
      const answer = (await client.get([...keys])) as unknown as Record<string, Answer>;
      return (key) => answer[key]?.value;
    },
    set: (key, value) => client.set(key, value),
    async [Symbol.asyncDispose]() {
      client.shutdown();
    },
  };
}
