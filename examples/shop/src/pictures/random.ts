/** A source of numbers that depend on the seed alone: the same on every machine and in every process. */
export interface Random {
  /** A number from `low` up to, not including, `high`. */
  between(low: number, high: number): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  /** One of the choices. */
  pick<T>(choices: readonly T[]): T;
}

/** Makes a {@link Random} of a text (FNV-1a, then mulberry32). Not for secrets. */
export function randomOf(seed: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + next() * (high - low);
  const whole = (low: number, high: number): number => Math.floor(between(low, high + 1));
  return {
    between,
    whole,
    pick: <T>(choices: readonly T[]): T => {
      if (choices.length === 0) throw new TypeError("nothing to pick from");
      return choices[whole(0, choices.length - 1)] as T;
    },
  };
}
