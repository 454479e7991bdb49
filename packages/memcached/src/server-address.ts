import { isIPv6 } from "node:net";

/** Where one memcached server listens. */
export interface ServerAddress {
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
  /** Names the partition: `host:port`, the host in lower case, an IPv6 address in its short form and in brackets. */
  readonly partition: string;
  /** Names the server on the ring, as libmemcached does: without the default port, an IPv6 address without brackets. */
  readonly ringName: string;
  /** Its share of the keys in relation to the other servers. */
  readonly weight: number;
}

const defaultPort = 11211;
const highestWeight = 0xffff_ffff;

/**
 * Reads `"host:port,host:port"` or a list of `"host:port"`, each with a weight behind a space or none, as libmemcached does: `"host:port 2"`. Without a
 * port: 11211; without a weight: 1. An IPv6 address stands in brackets.
 * @throws {TypeError} that names the position and quotes nothing, since a wrong list may hold a password.
 */
export function parseServers(servers: string | readonly string[]): readonly ServerAddress[] {
  const list = typeof servers === "string" ? servers.split(",") : servers;
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError("servers: name at least one memcached server.");
  const addresses = list.map((server: unknown, index) => parseServer(server, `servers[${index}]`));
  const twice = addresses.findIndex(
    ({ partition }, index) => addresses.findIndex((other) => other.partition === partition) < index,
  );
  if (twice !== -1) throw new TypeError(`servers[${twice}] stands in the list twice.`);
  return Object.freeze(addresses);
}

function parseServer(server: unknown, position: string): ServerAddress {
  if (typeof server !== "string") throw new TypeError(`${position} is not a string.`);
  const text = server.trim();
  if (text.includes("@")) {
    throw new TypeError(`${position} holds credentials. Pass them as username and password.`);
  }
  if (text.includes("/")) {
    throw new TypeError(`${position} is a URL or a socket file. Write host:port.`);
  }
  const match =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?))(?::(\d{1,5}))?(?: +(\d{1,10}))?$/.exec(
      text,
    );
  const [, bracketed, name, portText = defaultPort, weightText = 1] = match ?? [];
  const port = Number(portText);
  const weight = Number(weightText);
  const host = bracketed === undefined ? name?.toLowerCase() : shortIPv6(bracketed);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new TypeError(`${position} is not of the form host:port or [IPv6]:port.`);
  }
  if (weight < 1 || weight > highestWeight) {
    throw new TypeError(`${position}: a weight is a whole number from 1 to ${highestWeight}.`);
  }
  return Object.freeze({
    host,
    port,
    partition: bracketed === undefined ? `${host}:${port}` : `[${host}]:${port}`,
    ringName: port === defaultPort ? host : `${host}:${port}`,
    weight,
  });
}

/** All spellings of an address name one node, in every process. */
function shortIPv6(address: string): string | undefined {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : undefined;
}
