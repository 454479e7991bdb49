import { md5 } from "./md5.js";

/** One server as the ring sees it. */
export interface RingServer {
  /** What {@link Ketama.nodeOf} gives. */
  readonly partition: string;
  /** What its points are hashed from: libmemcached's name of the server. */
  readonly ringName: string;
  /** Its share of the keys in relation to the others. A whole number above 0. */
  readonly weight: number;
}

/** Points of each server where all have the same weight: 40 hashes, four points out of each. */
const pointsPerServer = 160;
const pointsPerHash = 4;

interface Point {
  readonly at: number;
  readonly partition: string;
}

/**
 * Which node answers for a key: consistent hashing as libmemcached does it with `MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED`, so that programs on
 * libmemcached find the same key on the same server. A function of the key and the list of servers alone: their order, and which of them are up, play
 * no part. Another server takes its share from all others; hardly any key moves between those, and none where their numbers of points stay.
 *
 * Source: libmemcached 1.0.18, `libmemcached/hosts.cc` (`update_continuum`, `ketama_server_hash`), `libmemcached/hash.cc` (`dispatch_host`).
 */
export class Ketama {
  readonly #positions: Uint32Array;
  readonly #owners: readonly string[];

  /** @param servers - at least one, all different. */
  constructor(servers: readonly RingServer[]) {
    const points = servers.flatMap((server) => pointsOf(server, servers));
    // libmemcached leaves the order of equal points to its sort; here it is the same in every process.
    points.sort((one, other) => one.at - other.at || (one.partition < other.partition ? -1 : 1));
    this.#positions = Uint32Array.from(points, ({ at }) => at);
    this.#owners = points.map(({ partition }) => partition);
  }

  /** The owner of the first point at the key's hash or after it; behind the last point the ring begins again. */
  nodeOf(key: string): string {
    const at = (md5(key)[0] as number) >>> 0;
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low === this.#positions.length ? 0 : low] as string;
  }
}

function pointsOf({ partition, ringName, weight }: RingServer, servers: readonly RingServer[]): Point[] {
  const points: Point[] = [];
  const hashes = hashesOf(weight, servers);
  for (let index = 0; index < hashes; index += 1) {
    for (const word of md5(`${ringName}-${index}`)) points.push({ at: word >>> 0, partition });
  }
  return points;
}

/**
 * How many hashes a server gets: 40 in the mean. In single precision, as libmemcached reckons it: another rounding would move keys (of 25 servers
 * of equal weight each has 39).
 */
export function hashesOf(weight: number, servers: readonly RingServer[]): number {
  const total = servers.reduce((sum, server) => sum + server.weight, 0);
  const share = Math.fround(Math.fround(weight) / Math.fround(total));
  const perServer = Math.fround(Math.fround(share * pointsPerServer) / pointsPerHash);
  return Math.floor(Math.fround(Math.fround(perServer * servers.length) + 1e-10));
}
