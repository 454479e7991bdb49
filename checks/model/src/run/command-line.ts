import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export interface Command {
  /** Only scenarios whose name contains this. */
  readonly only: string;
  /** Shows how each cousin fails, too. */
  readonly histories: boolean;
  /** Explores states once that differ only in what no longer matters. */
  readonly merge: boolean;
  readonly threads: number;
}

export const usage = `npm run check:model [-- options]
  --only TEXT     only the scenarios whose name contains TEXT
  --histories     also show how each cousin fails, by the shortest history
  --no-merge      explore without merging states that differ only in what no longer matters (minutes)
  --threads N     explore N cases at a time; as many as there are processors if absent
  --help          this text`;

/** @returns `undefined` where help is asked for. @throws Error that says what is wrong with the arguments. */
export function parseCommand(args: readonly string[]): Command | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      histories: { type: "boolean", default: false },
      "no-merge": { type: "boolean", default: false },
      threads: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const threads = Number(values.threads);
  if (!Number.isInteger(threads) || threads < 1 || threads > 64)
    throw new Error(`--threads: a whole number from 1 to 64, not "${values.threads}"`);
  return { only: values.only, histories: values.histories, merge: !values["no-merge"], threads };
}
