import { Random } from "@aside/check-simulation/plan/random.js";
import { type CacheStep, shortTtlMs } from "./cache-step.js";

const keys = ["a", "b", "c"] as const;
const dayMs = 24 * 3_600_000;

interface Flavour {
  readonly keys: readonly string[];
  readonly waits: number;
  readonly restarts: number;
}

/** A bit of everything; waits, which take long; or many restarts with little in between, so that the server's counter comes to old numbers again. */
function makeFlavour(random: Random): Flavour {
  return random.weighted([
    [12, { keys, waits: 0, restarts: 1 }],
    [1, { keys, waits: 4, restarts: 1 }],
    [3, { keys: ["a"], waits: 0, restarts: 14 }],
  ]);
}

/** The steps of a seed. */
export function makeCacheSteps(seed: number): readonly CacheStep[] {
  const random = new Random(seed, 1);
  const flavour = makeFlavour(random);
  return Array.from({ length: 25 + random.below(20) }, (_, index) => makeStep(random, index, flavour));
}

function makeStep(random: Random, index: number, { keys, waits, restarts }: Flavour): CacheStep {
  const client = random.below(2);
  const key = random.pick(keys);
  const text = random.weighted([
    [1, ""],
    [9, `value ${index}`],
    [1, `${index} `.repeat(4_000)],
  ]);
  const ttlMs = random.weighted([
    [8, 60_000],
    [2, 40 * dayMs],
    [1, random.pick([1, 999, 1_000, shortTtlMs])],
  ]);
  // Mostly one of the newest tokens, which may still be good; else an old one.
  const token = random.chance(0.7) ? random.below(3) : random.below(40);
  const kind = random.weighted<CacheStep["kind"]>([
    [20, "getMany"],
    [14, "add"],
    [10, "set"],
    [22, "compareAndSet"],
    [14, "delete"],
    [waits, "wait"],
    [1, "flush"],
    [restarts, "restart"],
  ]);
  switch (kind) {
    case "getMany":
      return { kind, client, keys: random.chance(0.5) ? [key] : [...keys, random.pick(keys)] };
    case "add":
    case "set":
      return { kind, client, key, text, ttlMs };
    case "compareAndSet":
      return { kind, client, key, text, ttlMs, token };
    case "delete":
      return { kind, client, key, token };
    default:
      return { kind };
  }
}
