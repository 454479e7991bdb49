import { isIPv6 } from "node:net";

/** Where one memcached server listens. */
export interface ServerAddress {
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
  /** File of a UNIX socket. Where there is one, host and port mean nothing. */
  readonly path?: string | undefined;
  /** Names the partition: `host:port`, the host in lower case, an IPv6 address in its short form and in brackets; or the path. */
  readonly partition: string;
  /** Names the server on the ring, as libmemcached does: without the default port, an IPv6 address without brackets. */
  readonly ringName: string;
  /** Its share of the keys in relation to the other servers. */
  readonly weight: number;
}

const defaultPort = 11211;
const highestWeight = 0xffff_ffff;

/** Whether files of UNIX sockets may stand in a list of servers. */
export type SocketFiles = "with-socket-files" | "without-socket-files";

/**
 * Reads `"host:port,host:port"` or a list of `"host:port"`, each with a weight behind a space or none, as libmemcached does: `"host:port 2"`. Without a
 * port: 11211; without a weight: 1. An IPv6 address stands in brackets. A socket file is written as `/path` or `unix:/path`.
 * @throws {TypeError} that names the position and quotes nothing, since a wrong list may hold a password.
 */
export function parseServers(
  servers: string | readonly string[],
  socketFiles: SocketFiles = "without-socket-files",
): readonly ServerAddress[] {
  const list = typeof servers === "string" ? servers.split(",") : servers;
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError("servers: name at least one memcached server.");
  const addresses = list.map((server: unknown, index) =>
    parseServer(server, `servers[${index}]`, socketFiles),
  );
  const twice = addresses.findIndex(
    ({ partition }, index) => addresses.findIndex((other) => other.partition === partition) < index,
  );
  if (twice !== -1) throw new TypeError(`servers[${twice}] stands in the list twice.`);
  return Object.freeze(addresses);
}

function parseServer(server: unknown, position: string, socketFiles: SocketFiles): ServerAddress {
  if (typeof server !== "string") throw new TypeError(`${position} is not a string.`);
  const text = server.trim();
  if (socketFiles === "with-socket-files" && /^(?:unix:)?\//.test(text))
    return parseSocketFile(text, position);
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
  const host = bracketed === undefined ? name?.toLowerCase() : shortIPv6(bracketed);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new TypeError(`${position} is not of the form host:port or [IPv6]:port.`);
  }
  return Object.freeze({
    host,
    port,
    partition: bracketed === undefined ? `${host}:${port}` : `[${host}]:${port}`,
    ringName: port === defaultPort ? host : `${host}:${port}`,
    weight: parseWeight(weightText, position),
  });
}

function parseSocketFile(text: string, position: string): ServerAddress {
  const [, path, weight = 1] = /^(?:unix:)?(\/\S*[^\s/])(?: +(\d{1,10}))?$/.exec(text) ?? [];
  if (path === undefined) throw new TypeError(`${position} is not of the form /path or unix:/path.`);
  return Object.freeze({
    host: "",
    port: 0,
    path,
    partition: path,
    ringName: `${path}:0`, // libmemcached's spelling: a socket file has port 0
    weight: parseWeight(weight, position),
  });
}

function parseWeight(text: string | number, position: string): number {
  const weight = Number(text);
  if (weight < 1 || weight > highestWeight) {
    throw new TypeError(`${position}: a weight is a whole number from 1 to ${highestWeight}.`);
  }
  return weight;
}

/** All spellings of an address name one node, in every process. */
function shortIPv6(address: string): string | undefined {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : undefined;
}
