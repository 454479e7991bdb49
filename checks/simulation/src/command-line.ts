import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export interface Command {
  /** One seed, in full detail. */
  readonly seed: number | undefined;
  readonly timing: number;
  /** Ids of what a shrunk plan keeps. */
  readonly operations: readonly number[] | undefined;
  readonly faults: readonly number[] | undefined;
  readonly trace: boolean;
  readonly from: number;
  readonly schedules: number;
  readonly minutes: number | undefined;
  readonly workers: number;
  readonly mutations: boolean;
  readonly only: string | undefined;
}

export const usage = `npm run simulate                        20,000 schedules of the real code, seeds 1 to 20,000
npm run simulate -- --schedules N       so many
npm run simulate -- --minutes N         for so long, from a random seed
npm run simulate -- --from N            from this seed
npm run simulate -- --workers N         on so many threads (default: one for each core)
npm run simulate -- --seed N            one seed, with its trace if it fails; --trace: always
                    --timing N --operations 1,4 --faults 0    replays a shrunk plan
npm run simulate -- --mutations         breaks the built library in known ways, one by one: each must be found
                    --only NAME         only those whose name contains NAME`;

/** @throws {TypeError} for what is no option, or no number. */
export function parseCommand(args: readonly string[]): Command | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      timing: { type: "string", default: "0" },
      operations: { type: "string" },
      faults: { type: "string" },
      trace: { type: "boolean", default: false },
      from: { type: "string" },
      schedules: { type: "string" },
      minutes: { type: "string" },
      workers: { type: "string", default: String(availableParallelism()) },
      mutations: { type: "boolean", default: false },
      only: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  if (minutes !== undefined && !(minutes > 0)) throw new TypeError("--minutes takes a number above 0.");
  const byDefault = minutes === undefined ? "20000" : String(Number.MAX_SAFE_INTEGER);
  const from = minutes === undefined ? "1" : String(1 + Math.floor(Math.random() * 2 ** 40));
  return {
    seed: values.seed === undefined ? undefined : whole("seed", values.seed),
    timing: whole("timing", values.timing),
    operations: ids("operations", values.operations),
    faults: ids("faults", values.faults),
    trace: values.trace,
    from: whole("from", values.from ?? from),
    schedules: whole("schedules", values.schedules ?? byDefault),
    minutes,
    workers: Math.max(1, whole("workers", values.workers)),
    mutations: values.mutations,
    only: values.only,
  };
}

function ids(option: string, text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  return text === "none" ? [] : text.split(",").map((one) => whole(option, one));
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`--${option} takes whole numbers.`);
  return value;
}
