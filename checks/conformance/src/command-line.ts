import { parseArgs } from "node:util";

export interface Command {
  /** The seed of the first sequence. */
  readonly seed: number;
  /** How many sequences of each kind. */
  readonly sequences: number;
  /** Breaks the simulated backends, one way after the other: each must be found. */
  readonly prove: boolean;
}

export const usage = `npm run check:conformance                     random sequences on simulated and on real backends
npm run check:conformance -- --seed N         from this seed (default: a random one, which is printed)
npm run check:conformance -- --sequences N    so many for the cache and as many for the database (default: 100)
npm run check:conformance -- --prove          breaks the simulated backends in known ways: each must be found`;

/** @throws {TypeError} for what is no option, or no whole number. */
export function parseCommand(args: readonly string[]): Command | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      sequences: { type: "string", default: "100" },
      prove: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    seed: whole("seed", values.seed ?? String(1 + Math.floor(Math.random() * 2 ** 31))),
    sequences: whole("sequences", values.sequences),
    prove: values.prove,
  };
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`--${option} takes a whole number.`);
  }
  return value;
}
