import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Pace, PacedWriter } from "./paced-writer.js";

/** Which bytes: those of the clients to the server, or those of the server to the clients. */
export type Direction = "requests" | "replies";

/** How a connection ends: as after a crash (RST), or as when the server closes it in good order (FIN). */
export type Ending = "reset" | "fin";

/** Where a proxy leads to. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** One client's connection and the one that the proxy made for it. */
interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

/**
 * Stands between clients and a server on the loopback interface, and can do what networks do. Asks `target` for its
 * port at each connection, so that it follows a server that is restarted elsewhere.
 */
export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const proxy = new TcpProxy(target);
  await proxy.resume();
  return proxy;
}

/** A running proxy. */
export class TcpProxy implements AsyncDisposable {
  readonly host: string = "127.0.0.1";
  readonly #target: ProxyTarget;
  readonly #pairs = new Set<Pair>();
  readonly #cuts = new Map<Direction, { bytesLeft: number; ending: Ending }>();
  #port = 0;
  #listener: Server | undefined;
  #blackHole = false;
  #pace: Pace | undefined;

  constructor(target: ProxyTarget) {
    this.#target = target;
  }

  /** The same for the whole life of the proxy. */
  get port(): number {
    return this.#port;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Breaks every connection and goes on taking new ones. */
  dropConnections(ending: Ending = "reset"): void {
    for (const pair of this.#pairs) breakBoth(pair, ending);
  }

  /** The server seems down: every connection breaks and new ones are refused, until `resume`. */
  async cut(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = listener && once(listener, "close");
    listener?.close();
    this.dropConnections();
    await closed;
  }

  /** The network swallows all: connections stay open, new ones are made, but no byte arrives, until `resume`. */
  blackHole(): void {
    this.#blackHole = true;
    for (const pair of this.#pairs) pauseBoth(pair);
  }

  /** Bytes come in packets of this kind, both ways, until `resume`. A black hole does not stop what is held back already. */
  pace(pace: Pace): void {
    this.#pace = pace;
  }

  /** Ends `cut`, `blackHole`, `pace` and `cutAfterBytes`. What a black hole held back arrives now, late, as TCP does it. */
  async resume(): Promise<void> {
    this.#blackHole = false;
    this.#pace = undefined;
    this.#cuts.clear();
    for (const { client, upstream } of this.#pairs) {
      client.resume();
      upstream.resume();
    }
    if (this.#listener !== undefined) return;
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    listener.listen({ host: this.host, port: this.#port, exclusive: true });
    await once(listener, "listening");
    listener.unref();
    const address = listener.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
    this.#listener = listener;
  }

  /**
   * Lets `bytes` more bytes of all connections together through in one direction, then breaks the connection that
   * brought the last of them: in the middle of a reply, say. Happens once; later connections work.
   */
  cutAfterBytes(bytes: number, direction: Direction = "replies", ending: Ending = "reset"): void {
    this.#cuts.set(direction, { bytesLeft: bytes, ending });
  }

  /** Breaks every connection and takes no more. May be called again. */
  async stop(): Promise<void> {
    await this.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #accept(client: Socket): void {
    const { host, port } = this.#target;
    const upstream = connect({ host, port, allowHalfOpen: true });
    const pair: Pair = { client, upstream };
    this.#pairs.add(pair);
    this.#forward(pair, client, upstream, "requests");
    this.#forward(pair, upstream, client, "replies");
    if (this.#blackHole) pauseBoth(pair);
  }

  #forward(pair: Pair, from: Socket, to: Socket, direction: Direction): void {
    from.setNoDelay(true);
    const writer = new PacedWriter(to, () => this.#pace);
    from.on("data", (bytes) => {
      if (!to.writable) return; // broken meanwhile
      const cut = this.#cuts.get(direction);
      if (cut !== undefined && cut.bytesLeft <= bytes.length) {
        this.#cuts.delete(direction);
        from.pause();
        // A receiver that meets the bytes and the reset in one look reports an orderly end (libuv does): give it time.
        to.write(bytes.subarray(0, cut.bytesLeft), () => setTimeout(breakBoth, 5, pair, cut.ending));
        return;
      }
      if (cut !== undefined) cut.bytesLeft -= bytes.length;
      if (!writer.write(bytes)) from.pause();
    });
    to.on("drain", () => {
      if (!this.#blackHole) from.resume();
    });
    from.on("end", () => writer.end());
    from.on("error", () => breakBoth(pair, "reset"));
    from.on("close", () => {
      if (from.destroyed && to.destroyed) this.#pairs.delete(pair);
    });
  }
}

function breakBoth({ client, upstream }: Pair, ending: Ending): void {
  if (ending === "reset") {
    reset(client);
    reset(upstream);
  } else {
    client.resume(); // so that it notices when the client closes, too
    client.end();
    upstream.destroy();
  }
}

/** libuv refuses a reset after the orderly end was begun, and Node then spins for ever when the process should exit (seen on 20.20). */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function pauseBoth({ client, upstream }: Pair): void {
  client.pause();
  upstream.pause();
}
