import type { CacheBackend } from "@aside/core";
import { type Client, patienceMs } from "../client.js";

const options = { timeoutMs: patienceMs };
const hourMs = 3_600_000;

/** A cache backend of Aside, through its port. */
export function clientOf(name: string, cache: CacheBackend): Client {
  return {
    name,
    get: async (key) => (await cache.getMany([key], options)).get(key)?.bytes,
    async getMany(keys) {
      const answer = await cache.getMany(keys, options);
      return (key) => answer.get(key)?.bytes;
    },
    set: (key, value) => cache.set(key, value, hourMs, options),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}
