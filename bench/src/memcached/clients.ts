import { asideCaches } from "../contenders/aside-caches.js";
import type { Client } from "./client.js";
import { clientOf } from "./contenders/aside-cache.js";
import { openMemcacheClient } from "./contenders/memcache-client.js";
import { openMemcached } from "./contenders/memcached.js";
import { openMemjs } from "./contenders/memjs.js";

/** All that take part; the first is the rival. */
export class Clients implements AsyncDisposable {
  readonly all: readonly Client[];
  /** Aside's own. */
  readonly ours: readonly Client[];

  constructor(address: string) {
    this.ours = asideCaches.map(({ name, open }) => clientOf(name, open(address)));
    this.all = [openMemjs(address), openMemcached(address), openMemcacheClient(address), ...this.ours];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.all) await client[Symbol.asyncDispose]();
  }
}
