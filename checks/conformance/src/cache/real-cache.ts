import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { openMemjsCache } from "@aside/memcached";
import { type MemcachedServer, startMemcached } from "@aside/test-servers";
import { type CacheWorld, connectionsOf, reconnect } from "./cache-world.js";

/** A memcached for one sequence after the other. Disposing of it stops it. */
export class RealCacheServer implements AsyncDisposable {
  readonly #server: MemcachedServer;

  private constructor(server: MemcachedServer) {
    this.#server = server;
  }

  static async start(): Promise<RealCacheServer> {
    return new RealCacheServer(await startMemcached({ memoryMb: 16 }));
  }

  /** An empty cache with two clients, for one sequence. */
  async open(): Promise<CacheWorld & AsyncDisposable> {
    const server = this.#server;
    await flush(server);
    const open = () => openMemjsCache({ servers: server.address, timeoutMs: 5_000, maxReconnectDelayMs: 1 });
    const clients = [open(), open()] as const;
    const self: CacheWorld & AsyncDisposable = {
      clients,
      outcome: (call) => call,
      pass: (ms) => wait(ms),
      flush: () => flush(server),
      async restart() {
        const before = connectionsOf(self);
        await server.restart();
        await reconnect(self, before);
      },
      async [Symbol.asyncDispose]() {
        await Promise.all(clients.map((client) => client.close()));
      },
    };
    for (const client of clients) await client.connect(server.address);
    return self;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
  }
}

async function flush({ host, port }: MemcachedServer): Promise<void> {
  const socket = connect({ host, port });
  socket.write("flush_all\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  if (answer.toString() !== "OK\r\n") throw new Error("memcached was not flushed");
}
