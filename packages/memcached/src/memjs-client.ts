import { type Credentials, credentialsOf } from "./memcached-options.js";

/** What is read of a `memjs.Client`: where its servers are. It is not used for anything else, and not changed. */
export interface MemjsClient {
  readonly servers: readonly object[];
}

/** One server of a client. */
export interface ClientServer {
  /** As in a list of servers. */
  readonly address: string;
  readonly credentials: Credentials | undefined;
}

/** @throws {TypeError} for what is no `memjs.Client`; quotes no values. */
export function serversOf(client: MemjsClient): readonly ClientServer[] {
  if (!Array.isArray(client?.servers)) throw new TypeError("client: pass a memjs.Client.");
  return client.servers.map((server: unknown, index) => {
    // What memjs's Server is made of; its types do not tell.
    const { host, port, username, password } = (server ?? {}) as {
      readonly host?: unknown;
      readonly port?: unknown;
      readonly username?: string | undefined;
      readonly password?: string | undefined;
    };
    if (typeof host !== "string") throw new TypeError(`client.servers[${index}] has no host.`);
    return {
      address: `${host.includes(":") ? `[${host}]` : host}:${String(port)}`,
      // memjs, too, authenticates only with both.
      credentials: credentialsOf(username && password ? { username, password } : {}),
    };
  });
}
