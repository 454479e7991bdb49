import {
  type MemcachedOptions,
  type MemcachedServer,
  startMemcached,
  startTcpProxy,
  type TcpProxy,
} from "@aside/test-servers";

/** A server behind a proxy that can be led elsewhere. */
export interface Station {
  readonly server: MemcachedServer;
  readonly proxy: TcpProxy;
  readonly target: { host: string; port: number };
}

/** The servers of a run: one for the faults, and one that stays sound. */
export class Lab implements AsyncDisposable {
  readonly faulty: Station;
  readonly sound: Station;

  private constructor(faulty: Station, sound: Station) {
    this.faulty = faulty;
    this.sound = sound;
  }

  static async open(): Promise<Lab> {
    return new Lab(await openStation(), await openStation());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeStation(this.faulty);
    await closeStation(this.sound);
  }
}

export async function openStation(options?: MemcachedOptions): Promise<Station> {
  const server = await startMemcached(options);
  const target = { host: server.host, port: server.port };
  return { server, target, proxy: await startTcpProxy(target) };
}

export async function closeStation({ server, proxy }: Station): Promise<void> {
  await proxy.stop();
  await server.stop();
}
