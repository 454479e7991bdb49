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
    'if (filled === "stored" && flight.seedKeys.length === 0)',
    "if (true)",
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
        const filled = lease === undefined ? "refused" : await this.#fill(flight, lease, load, loaded, question);`,
    `        const filled = lease === undefined ? "refused" : await this.#fill(flight, lease, load, loaded, question);
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
    ": this.#lead(flight, entry);",
    ": entry === undefined ? this.#lead(flight, undefined) : this.#load(flight, undefined);",
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
    "generation guard removed: an old answer is kept near",
    "flow/near-cache.js",
    "bytes > maxBytes || !this.#standing(names, askedAt)",
    "bytes > maxBytes",
  ),
  mutation(
    "generation guard removed: what is near outlives its tag",
    "flow/near-cache.js",
    "entry.names !== undefined && !this.#standing(entry.names, entry.askedAt)",
    "false",
  ),
  mutation("near cache not told by the bus", "flow/invalidation-feed.js", "names.length > 0", "false"),
  mutation(
    "seed not compared",
    "entry/envelope.js",
    "bytes.compare(seeds, 0, seeds.length, seedsAt, textAt) !== 0",
    "false",
  ),
  mutation(
    "held seed not respected",
    "flow/seeds.js",
    'if (kind === "hold" || kind === "unknown")',
    "if (false)",
  ),
  {
    name: "unconfirmed seed used, over the next connection",
    changes: [
      {
        file: "flow/seeds.js",
        from: "missing.map(({ seedKey, token }) => {\n        const bytes = newSeed();",
        to: "missing.map((one) => {\n        const { seedKey, token } = one;\n        const bytes = (one.bytes = newSeed());",
      },
      {
        file: "flow/read-path.js",
        from: `            this.#trusted.stepFailed(nodes.partitionOf(flight.key.cacheKey), error);
            return this.#load(flight, undefined);
        }
        await this.#lookAgain(flight);`,
        to: `            await pause(this.#options.clock, 60);
            flight.cacheDeadline = undefined;
            flight.seeds = Buffer.concat(missing.map(({ bytes }) => bytes.subarray(2)));
            return this.#lead(flight, undefined);
        }
        await this.#lookAgain(flight);`,
      },
    ],
  },
  mutation(
    "late joiner answered by a stored fill under a tag",
    "flow/read-path.js",
    'filled === "stored" && flight.seedKeys.length === 0',
    'filled === "stored"',
  ),
  mutation(
    "refresh stores over anything",
    "flow/refreshes.js",
    "cache.compareAndSet(key.cacheKey, bytes, ttlMs, token, cacheTimeoutMs)",
    "cache.set(key.cacheKey, bytes, ttlMs, cacheTimeoutMs)",
  ),
  {
    name: "grace after invalidation: the ended value of before the load",
    changes: [
      {
        file: "flow/read-path.js",
        from: "const seeds = seedsIn(sighting.entries, flight.seedKeys);",
        to: "flight.before = sighting; const seeds = seedsIn(sighting.entries, flight.seedKeys);",
      },
      {
        file: "flow/read-path.js",
        from: "load.staleIfErrorMs > 0 ? await look() : undefined",
        to: "load.staleIfErrorMs > 0 ? flight.before : undefined",
      },
    ],
  },
  mutation(
    "grace after invalidation: the ended value is put back over anything",
    "flow/read-path.js",
    "            await lease?.fill(fill.bytes, fill.ttlMs);",
    "            await this.#options.cache.set(flight.key.cacheKey, fill.bytes, fill.ttlMs, 1_000);",
  ),
  mutation(
    "ended value served while its source works",
    "entry/envelope.js",
    "if (nowMs >= servedUntilMs(envelope))",
    "if (nowMs >= keptUntilMs(envelope))",
  ),
  mutation(
    "touch stores over anything",
    "flow/touch-path.js",
    "cache.compareAndSet(cacheKey, bytes, ttlMs, token, cacheTimeoutMs)",
    "cache.set(cacheKey, bytes, ttlMs, cacheTimeoutMs)",
  ),
  mutation(
    "touch shortens without a write",
    "flow/touch-path.js",
    "if (rowEndsAtMs > rowExpiresAtMs)",
    "if (false)",
  ),
  mutation(
    "refresh beside a load",
    "flow/read-path.js",
    "await this.#options.refreshes.running(key.cacheKey);",
    "",
  ),
  mutation(
    "update written over whatever stands",
    "store/optimistic-update.js",
    "steps.write(next, expectedVersion)",
    "steps.write(next, undefined)",
  ),
];
