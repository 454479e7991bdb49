/** What a cache knows of one of its servers. Counts run from the opening of the cache; of keys and values there is nothing in it. */
export interface NodeStats {
  /** `host:port`, or the path of a socket. */
  readonly partition: string;
  /** Whether a connection stands now. */
  readonly connected: boolean;
  /** Connections that were made and greeted. */
  readonly connections: number;
  /** Attempts to connect that failed. */
  readonly failedConnections: number;
  /** Calls that missed their deadline. */
  readonly timeouts: number;
  /** Entries that were refused before they were sent, since the server would not take them. */
  readonly refusedEntries: number;
  /** Bytes that all connections were handed, and that they brought. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Largest value that is sent to this server. */
  readonly maxValueBytes: number;
  /** What the server tells of itself, over all its clients; absent where it is not connected, does not answer in time, or does not tell. */
  readonly server: ServerStats | undefined;
}

/** What a server tells of itself, since it was started. */
export interface ServerStats {
  readonly hits: number;
  readonly misses: number;
  /** Entries that went before their time because the memory was full. Leases, holds and locks are among them. */
  readonly evictions: number;
  readonly entries: number;
  /** Memory of these entries, and the most that they may take. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Connections of all clients, now. */
  readonly connections: number;
  readonly uptimeSeconds: number;
}

/** What one connection has seen. */
export interface Traffic {
  readonly timeouts: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

const names: Readonly<Record<keyof ServerStats, string>> = {
  hits: "get_hits",
  misses: "get_misses",
  evictions: "evictions",
  entries: "curr_items",
  bytes: "bytes",
  maxBytes: "limit_maxbytes",
  connections: "curr_connections",
  uptimeSeconds: "uptime",
};

/** From the answer to `stats`; `undefined` where the server tells less. */
export function serverStatsOf(told: ReadonlyMap<string, string>): ServerStats | undefined {
  const stats = Object.entries(names).map(([field, name]) => [field, Number(told.get(name))] as const);
  return stats.every(([, count]) => Number.isFinite(count))
    ? (Object.fromEntries(stats) as unknown as ServerStats)
    : undefined;
}
