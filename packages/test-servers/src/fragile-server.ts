import { startTcpProxy, type TcpProxy } from "./tcp-proxy.js";
import type { TestServer } from "./test-server.js";

/**
 * A server behind a proxy, as the contract suites of `@aside/core/testing` break it. Clients connect to `host` and `port`, which stay the same.
 * Disposing of it stops both.
 */
export async function startFragileServer(server: TestServer): Promise<FragileServer> {
  return new FragileServer(server, await startTcpProxy(server));
}

export class FragileServer implements AsyncDisposable {
  readonly server: TestServer;
  readonly proxy: TcpProxy;

  constructor(server: TestServer, proxy: TcpProxy) {
    this.server = server;
    this.proxy = proxy;
  }

  get host(): string {
    return this.proxy.host;
  }

  get port(): number {
    return this.proxy.port;
  }

  /** SIGKILL. Connections break; new ones break at once. */
  kill(): Promise<void> {
    return this.server.kill();
  }

  start(): Promise<void> {
    return this.server.restart();
  }

  /** No byte gets through, in either direction. */
  async silence(): Promise<void> {
    this.proxy.blackHole();
  }

  /** Bytes get through again, over new connections. What was under way is gone. */
  async speak(): Promise<void> {
    this.proxy.dropConnections();
    await this.proxy.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.stop();
    await this.server.stop();
  }
}
