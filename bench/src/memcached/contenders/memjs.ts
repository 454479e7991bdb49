import memjs from "memjs";
import { type Client, patienceMs } from "../client.js";

/** https://github.com/memcachier/memjs: the binary protocol; it has no read of many keys. */
export function openMemjs(address: string): Client {
  const client = memjs.Client.create(address, { timeout: patienceMs / 1000, retries: 1 });
  return {
    name: "memjs",
    get: async (key) => (await client.get(key)).value,
    async getMany(keys) {
      const answers = await Promise.all(keys.map((key) => client.get(key)));
      return (key) => answers[keys.indexOf(key)]?.value;
    },
    async set(key, value) {
      if (!(await client.set(key, value, {}))) throw new Error("not stored");
    },
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}
