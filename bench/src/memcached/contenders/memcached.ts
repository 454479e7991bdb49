import Memcached from "memcached";
import { type Client, patienceMs } from "../client.js";

/** https://github.com/3rd-Eden/memcached: the text protocol, callbacks. */
export function openMemcached(address: string): Client {
  const client = new Memcached(address, { poolSize: 1, timeout: patienceMs, idle: 3_600_000 });
  return {
    name: "memcached",
    get: (key) => promised((reply) => client.get(key, reply)),
    async getMany(keys) {
      const answer = await promised<Record<string, Buffer>>((reply) => client.getMulti([...keys], reply));
      return (key) => answer[key];
    },
    async set(key, value) {
      if (!(await promised<boolean>((reply) => client.set(key, value, 0, reply))))
        throw new Error("not stored");
    },
    async [Symbol.asyncDispose]() {
      client.end();
    },
  };
}

function promised<T>(call: (reply: (error: unknown, answer: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, answer) => (error ? reject(error) : resolve(answer))));
}
