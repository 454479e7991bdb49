import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Stands before a real memcached and has it say that it is 1.4.39, of which the classic commands are the same as today's. Meta commands are counted:
 * an old server knows none of them.
 */
export class OlderMemcached implements AsyncDisposable {
  /** Meta commands that came through, but for the `mn` of the greeting. */
  metaCommands = 0;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#listener = createServer((socket) => this.#serve(socket));
  }

  static async before(target: { readonly host: string; readonly port: number }): Promise<OlderMemcached> {
    const older = new OlderMemcached(target);
    older.#listener.listen({ host: "127.0.0.1", port: 0 });
    await once(older.#listener, "listening");
    return older;
  }

  get address(): string {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(client: Socket): void {
    const upstream = connect(this.#target);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => undefined);
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    client.on("data", (bytes) => {
      if (/^m[sgd] /m.test(bytes.toString("latin1"))) this.metaCommands += 1;
      upstream.write(bytes);
    });
    // The answer to `version` comes alone and first.
    upstream.once("data", (bytes) => {
      client.write(bytes.toString("latin1").replace(/^VERSION \S+/, "VERSION 1.4.39"), "latin1");
      upstream.on("data", (more) => client.write(more));
    });
  }
}
