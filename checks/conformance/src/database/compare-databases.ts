import type { Difference } from "../run/difference.js";
import { DatabaseActor, type Known } from "./database-actor.js";
import type { DatabaseStep } from "./database-step.js";
import type { DatabaseWorld } from "./database-world.js";
import { keys } from "./make-database-steps.js";
import { UnsureLocks } from "./unsure-locks.js";

const clients = [0, 1] as const;

interface Answer {
  readonly client: 0 | 1;
  readonly action: DatabaseStep["action"];
  readonly text: string;
}

interface UnderWay {
  readonly call: Promise<string>;
  readonly action: DatabaseStep["action"];
  text: string | undefined;
}

/** One world as its two clients use it. */
class Side {
  readonly #world: DatabaseWorld;
  readonly #actors: readonly [DatabaseActor, DatabaseActor];
  /** What each client waits for. */
  readonly #underWay = new Map<0 | 1, UnderWay>();

  constructor(world: DatabaseWorld) {
    this.#world = world;
    const known: Known = { versions: [], writes: new Map(), logIds: [] };
    this.#actors = [new DatabaseActor(world, 0, known), new DatabaseActor(world, 1, known)];
  }

  waits(client: 0 | 1): boolean {
    return this.#underWay.has(client);
  }

  inTransaction(client: 0 | 1): boolean {
    return this.#actors[client].inTransaction;
  }

  /** Does the step, and tells what each client was answered by it; one that waited before may be answered now, too. */
  async act({ client, action }: DatabaseStep, name: string): Promise<readonly Answer[]> {
    const call = this.#actors[client].act(action, name);
    const started: UnderWay = { call, action, text: undefined };
    this.#underWay.set(client, started);
    call.then((text) => {
      started.text = text;
    }, ignored);
    await this.#world.settle(new Set([...this.#underWay.values()].map((one) => one.call)));
    const answers: Answer[] = [];
    for (const each of clients) {
      const one = this.#underWay.get(each);
      if (one === undefined) continue;
      if (one.text !== undefined) {
        this.#underWay.delete(each);
        await one.call;
      }
      answers.push({ client: each, action: one.action, text: one.text ?? "waits" });
    }
    return answers;
  }
}

/**
 * Does the steps in both worlds, one after the other, and tells the first answer that differs. A client that waits is left out until it has its answer.
 * Which of two transactions loses a deadlock is the database's to choose: then both are rolled back, and what is left is compared.
 */
export async function compareDatabases(
  steps: readonly DatabaseStep[],
  simulated: DatabaseWorld,
  real: DatabaseWorld,
): Promise<Difference | undefined> {
  const sides = [new Side(simulated), new Side(real)] as const;
  const unsure = new UnsureLocks();
  let name = 0;
  let deadlocked = false;
  const compare = async (index: number, step: DatabaseStep): Promise<Difference | undefined> => {
    name += 1;
    const [expected, actual] = await Promise.all([
      sides[0].act(step, `w${name}`),
      sides[1].act(step, `w${name}`),
    ]);
    deadlocked = [expected, actual].every((answers) => tell(answers).includes("TRANSACTION_CONFLICT"));
    for (const answer of actual) unsure.saw(answer, sides[1].inTransaction(answer.client));
    if (tell(expected) === tell(actual) || deadlocked) return undefined;
    return { index, step: JSON.stringify(step), simulated: tell(expected), real: tell(actual) };
  };
  let difference: Difference | undefined;
  for (const [index, step] of steps.entries()) {
    if (!isDue(step, sides[0]) || unsure.concern(step)) continue;
    difference = await compare(index, step);
    if (difference !== undefined || deadlocked) break;
  }
  // Also after a difference: no transaction may be left to hold locks.
  const rest = await end(sides, difference === undefined && !deadlocked ? "commit" : "rollback");
  if (difference !== undefined) return difference;
  if (rest !== undefined) return { index: steps.length, ...rest };
  return (
    (await compare(steps.length, { client: 0, action: { kind: "read", keys } })) ??
    (await compare(steps.length, { client: 1, action: { kind: "read log" } }))
  );
}

function isDue({ client, action }: DatabaseStep, side: Side): boolean {
  if (side.waits(client)) return false;
  const within = side.inTransaction(client);
  switch (action.kind) {
    case "begin":
      return !within;
    case "commit":
    case "rollback":
    case "join":
      return within;
    case "read log":
    case "strike":
      // The relay does these, outside of every transaction.
      return !within;
    default:
      return true;
  }
}

/** Ends both clients' transactions in both worlds; one that waits goes after the one that it waits for. */
async function end(
  sides: readonly [Side, Side],
  kind: "commit" | "rollback",
): Promise<Omit<Difference, "index"> | undefined> {
  let difference: Omit<Difference, "index"> | undefined;
  for (let round = 0; round < 4; round += 1) {
    for (const client of clients) {
      const step: DatabaseStep = { client, action: { kind } };
      const [expected = "", actual = ""] = await Promise.all(
        sides.map(async (side) =>
          side.inTransaction(client) && !side.waits(client)
            ? tell(await side.act(step, ""))
            : "nothing to end",
        ),
      );
      if (expected === actual || kind === "rollback") continue;
      difference ??= { step: JSON.stringify(step), simulated: expected, real: actual };
    }
  }
  return difference;
}

function tell(answers: readonly Answer[]): string {
  return answers.map(({ client, text }) => `client ${client}: ${text}`).join("; ");
}

/** Whoever looks at the call later is told. */
function ignored(): void {}
