import type { CasToken, ConnectedCacheBackend } from "@aside/core";

/** One cache of one server, with two clients. */
export interface CacheWorld {
  readonly clients: readonly [ConnectedCacheBackend, ConnectedCacheBackend];
  /** Resolves with the outcome of the call, for which time may have to pass. */
  outcome<T>(call: Promise<T>): Promise<T>;
  /** Lets `ms` pass on the server's clock. */
  pass(ms: number): Promise<void>;
  /** Drops all entries; connections stay. */
  flush(): Promise<void>;
  /** Ends the server as a crash does and starts it anew. Resolves when both clients are connected. */
  restart(): Promise<void>;
}

/** A token that was handed out, and for which key. */
export interface KnownToken {
  readonly key: string;
  readonly token: CasToken;
}

/** Connects every client over a new connection. */
export async function reconnect(
  { clients, outcome, pass }: CacheWorld,
  before: readonly number[],
): Promise<void> {
  for (const [index, client] of clients.entries()) {
    const partition = client.partitions[0] as string;
    const was = before[index];
    for (let attempt = 0; was !== 0 && client.connection(partition) === was; attempt += 1) {
      if (attempt === 500) throw new Error("a client did not notice that its server died");
      await pass(10);
    }
    for (let attempt = 0; ; attempt += 1) {
      const connected = await outcome(client.connect(partition)).then(
        () => true,
        () => false,
      );
      if (connected) break;
      if (attempt === 500) throw new Error("a client did not come back");
      await pass(10);
    }
  }
}

/** The connections of the clients now. */
export function connectionsOf({ clients }: CacheWorld): readonly number[] {
  return clients.map((client) => client.connection(client.partitions[0] as string));
}
