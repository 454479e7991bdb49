import { ConfigError } from "./config-error.js";

/** Where cached values are kept. */
export type CacheConfig =
  | { readonly kind: "memory" }
  | {
      readonly kind: "memcached";
      /** `host:port`, in the order given: all processes must agree on it. */
      readonly servers: readonly string[];
    };

const example = "memcached://127.0.0.1:11211 or memcached://host1:11211,host2:11211";

/**
 * Reads `ASIDE_CACHE_URL`. A port may be left out: 11211.
 * @param url - `undefined` or empty: a cache inside this process.
 * @throws {ConfigError} for anything else; the message does not repeat the URL.
 */
export function parseCacheUrl(url: string | undefined): CacheConfig {
  if (url === undefined || url.trim() === "") return { kind: "memory" };
  const match = /^memcached:\/\/([^/?#@]+)\/?$/i.exec(url.trim());
  if (match === null) throw new ConfigError(`ASIDE_CACHE_URL must look like ${example}.`);
  const servers = (match[1] as string).split(",").map(parseServer);
  if (new Set(servers).size !== servers.length) {
    throw new ConfigError("ASIDE_CACHE_URL names a server twice.");
  }
  return { kind: "memcached", servers };
}

function parseServer(text: string): string {
  const match = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/.exec(text.trim());
  const port = Number(match?.[2] ?? 11211);
  if (match === null || port < 1 || port > 65_535) {
    throw new ConfigError(
      `ASIDE_CACHE_URL has a server that is not host:port; it must look like ${example}.`,
    );
  }
  return `${(match[1] as string).toLowerCase()}:${port}`;
}
