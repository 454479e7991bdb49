import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AsideErrorCode,
  type ConnectedCacheBackend,
  isAsideError,
  type Milliseconds,
} from "@aside/core";
import type { MemcachedOptions, MemcachedServer, ProxyTarget, TcpProxy } from "@aside/test-servers";
import type { Traffic } from "./traffic.js";
import type { OpenOptions, Transport } from "./transports.js";

/** One fault against one transport, as the fault sees it. */
export interface Bout {
  readonly transport: Transport;
  /** On two servers; `partition` names the one that the fault is made at. */
  readonly cache: ConnectedCacheBackend;
  readonly partition: string;
  /** The traffic with that server. It runs, unless the fault makes its calls itself. */
  readonly traffic: Traffic;
  readonly proxy: TcpProxy;
  /** The server behind the proxy. */
  readonly server: MemcachedServer;
  /** Where the proxy leads to; to change it, use `leadTo`. */
  readonly target: { host: string; port: number };
  /** A key on `partition` that nobody has used. */
  readonly freshKey: () => string;
  /** How long a fault lasts: longer than the deadlines of the calls. */
  readonly lastingMs: Milliseconds;
  /** Whether every case is tried, or a sample of them. */
  readonly thorough: boolean;
  /** Another client of the same transport. Whoever opens it closes it. */
  open(options?: Partial<OpenOptions>): ConnectedCacheBackend;
}

/** Something that goes wrong, and then is right again. */
export interface Fault {
  readonly name: string;
  /**
   * What the calls of the traffic meet: some fail; all are served, however slowly; or either, where the fault is made by calls of
   * its own.
   */
  readonly calls: "fail" | "served" | "either";
  /** The server at which it is made. Default: a plain one. */
  readonly server?: MemcachedOptions;
  /** Whether the fault makes its calls itself, and the traffic with that server rests meanwhile. */
  readonly alone?: boolean;
  /** Makes the fault, and takes it back; resolves when the server can be reached again. Rejects for what should not be. */
  strike(bout: Bout): Promise<void>;
}

/** Makes the proxy lead elsewhere. What is connected breaks; resolves when the cache has noticed. */
export async function leadTo(bout: Bout, { host, port }: ProxyTarget): Promise<void> {
  Object.assign(bout.target, { host, port });
  await broken(bout, () => bout.proxy.dropConnections());
}

/** Resolves when the connection that stands now is gone, which `breaking` has to bring about. */
export async function broken(
  { cache, partition }: Bout,
  breaking: () => Promise<void> | void,
): Promise<void> {
  const before = cache.connection(partition);
  await breaking();
  for (const endMs = performance.now() + 2_000; before !== 0 && cache.connection(partition) === before; ) {
    assert.ok(performance.now() < endMs, "the cache does not notice that its connection is broken");
    await sleep(1);
  }
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

export const ttlMs: Milliseconds = 60_000;
/** Deadline of calls that must be answered. */
export const patience: { readonly timeoutMs: Milliseconds } = { timeoutMs: 5_000 };

/** Says a text to a server, past everybody, and gives what it says until `ended` matches. */
export async function ask({ host, port }: ProxyTarget, text: string, ended: RegExp): Promise<string> {
  const socket = connect({ host, port });
  let said = "";
  const heard = new Promise<void>((resolve) => {
    socket.on("data", (bytes) => {
      said = (said + bytes.toString("latin1")).slice(-100_000);
      if (ended.test(said)) resolve();
    });
  });
  const closed = once(socket, "close"); // rejects with an error of the socket
  socket.write(text);
  await Promise.race([heard, closed]);
  socket.destroy();
  await closed;
  return said;
}

/** Asserts that a call rejects with `code`. */
export async function refused(call: Promise<unknown>, code: AsideErrorCode): Promise<void> {
  const reason: unknown = await call.then(
    () => assert.fail(`expected ${code}, but it resolved`),
    (error: unknown) => error,
  );
  assert.ok(isAsideError(reason) && reason.code === code, `expected ${code}, got ${String(reason)}`);
}

/** Connects, however often it takes, for 10 s at most. */
export async function connected({ cache, partition }: Bout): Promise<number> {
  for (const endMs = performance.now() + 10_000; ; ) {
    try {
      return await cache.connect(partition);
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(2);
    }
  }
}
