/** A known way to break the library: text of its built modules that is replaced. Each place must be found exactly once. */
export interface Mutation {
  readonly name: string;
  readonly changes: readonly Change[];
}

interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function mutation(name: string, file: string, from: string, to: string): Mutation {
  return { name, changes: [{ file, from, to }] };
}

export const mutations: readonly Mutation[] = [
  mutation(
    "hold skipped",
    "flow/write-invalidation.js",
    'const held = keys.filter(({ touch }) => touch !== "unchanged");',
    "const held = [];",
  ),
  mutation("derived key not logged", "flow/write-invalidation.js", 'touch === "derived" || ', ""),
  mutation(
    "token not checked",
    "flow/lease.js",
    "cache.compareAndSet(this.#cacheKey, bytes, ttlMs, token, cacheTimeoutMs)",
    "cache.set(this.#cacheKey, bytes, ttlMs, cacheTimeoutMs)",
  ),
  mutation(
    "joiner takes an unvalidated answer",
    "flow/read-path.js",
    'if (filled === "stored")',
    "if (filled)",
  ),
  mutation(
    "joiner takes an answer to a question sent before it came",
    "flow/flight.js",
    "answer(result, askedAt) {",
    "answer(result, askedAt) { askedAt = Infinity;",
  ),
  mutation(
    "joiner comes after the fill was sent",
    "flow/read-path.js",
    `        this.#forget(flight);
        const filled = lease === undefined ? "refused" : await this.#fill(flight.key, lease, loaded);`,
    `        const filled = lease === undefined ? "refused" : await this.#fill(flight.key, lease, loaded);
        this.#forget(flight);`,
  ),
  mutation(
    "release deletes a foreign hold",
    "flow/removal.js",
    "removable.hold !== undefined && Buffer.compare(entry.bytes, removable.hold) === 0",
    "removable.hold !== undefined",
  ),
  mutation(
    "release deletes its own hold that arrived late",
    "flow/hold.js",
    "this.#placed ? this.#bytes : undefined",
    "this.#bytes",
  ),
  mutation(
    "unconfirmed release not logged",
    "flow/write-invalidation.js",
    "const open = [...unconfirmed].filter(({ logged }) => logged === undefined);",
    "const open = [];",
  ),
  mutation(
    "relay deletes a hold",
    "flow/removal.js",
    "removable.hold !== undefined && Buffer.compare",
    "removable.hold === undefined || Buffer.compare",
  ),
  mutation(
    "barrier skipped: a node is believed without cleaning",
    "flow/cache-nodes.js",
    "await clean(partition, cleanTimeoutMs)",
    "true",
  ),
  mutation(
    "expired entry never re-leased",
    "flow/read-path.js",
    "                return this.#lead(flight, entry?.token);\n        }",
    "                return entry === undefined ? this.#lead(flight, undefined) : this.#load(flight, undefined);\n        }",
  ),
  mutation("renewal overwrites a foreign hold", "flow/hold.js", "if (foreign)", "if (false)"),
  mutation(
    "unconfirmed hold not logged",
    "flow/write-invalidation.js",
    "const unconfirmed = held.filter((key) => !heldEverywhere(key));",
    "const unconfirmed = [];",
  ),
  mutation(
    "hold believed though its connection broke",
    "flow/hold.js",
    "this.#token !== undefined && this.#options.nodes.connectionStands(this.#cacheKey, this.#token)",
    "this.#token !== undefined",
  ),
  mutation(
    "log row struck though not delivered",
    "flow/invalidation-relay.js",
    "page.filter(({ key }) => nodes.coveredBy(confirmed, key))",
    "page.filter(({ key }) => !cleaning || nodes.partitionOf(key) === cleaning.partition)",
  ),
  mutation(
    "caller resolved before the release",
    "flow/write-invalidation.js",
    "        const ended = detached(() => this.#afterEnd(end));\n        this.#track(ended);\n        await ended;",
    "        const ended = detached(() => this.#afterEnd(end));\n        this.#track(ended);",
  ),
  mutation(
    "unknown commit released at once",
    "flow/write-invalidation.js",
    '(await settled) === "waited"',
    "false",
  ),
  mutation(
    "update written over whatever stands",
    "store/optimistic-update.js",
    "steps.write(next, expectedVersion)",
    "steps.write(next, undefined)",
  ),
];
