import { type MemcachedServer, startMemcached, startTcpProxy, type TcpProxy } from "@aside/test-servers";

/** One memcached, and the network before it where that can be cut. */
export class CacheNode implements AsyncDisposable {
  readonly server: MemcachedServer;
  readonly proxy: TcpProxy | undefined;
  /** As the workers reach it. It names the node in the history, and never changes. */
  readonly address: string;

  constructor(server: MemcachedServer, proxy: TcpProxy | undefined) {
    this.server = server;
    this.proxy = proxy;
    this.address = proxy === undefined ? server.address : `${proxy.host}:${proxy.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy?.stop();
    await this.server.stop();
  }
}

export async function startCacheNode(cuts: boolean): Promise<CacheNode> {
  const server = await startMemcached();
  try {
    return new CacheNode(server, cuts ? await startTcpProxy(server) : undefined);
  } catch (error) {
    await server.stop();
    throw error;
  }
}
