/** A system whose every behaviour is to be looked at: where it begins, what may happen next, and what must never be. */
export interface Model<S> {
  readonly initial: S;
  /** Calls `take` for everything that may happen in `state`, with a name in words and the state that it leads to. Leaves `state` as it is. */
  steps(state: S, take: (name: string, next: S) => void): void;
  /** States with equal keys have equal futures: only the first of them is followed. */
  key(state: S): string;
  /** What is wrong with a state; `undefined` if nothing is. */
  problem(state: S): Problem | undefined;
}

export interface Problem {
  readonly kind: string;
  /** In words. */
  readonly description: string;
}

export interface Exploration {
  /** Distinct states whose steps were followed. */
  readonly states: number;
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly problem: Problem;
  /** Names of the steps from the initial state to the problem. There is no shorter way to a problem. */
  readonly history: readonly string[];
}

/** A state that was reached, and how; a chain of these is a history. */
interface Reached<S> {
  readonly state: S;
  readonly by: string;
  readonly from: Reached<S> | undefined;
}

/**
 * Follows every step from every state, nearest states first, until nothing new is found or a problem is.
 *
 * @param mostStates - an exploration that grows beyond is given up with an `Error`: it proves nothing.
 */
export function explore<S>(model: Model<S>, mostStates = 5_000_000): Exploration {
  const seen = new Set<string>([model.key(model.initial)]);
  let nearest: Reached<S>[] = [{ state: model.initial, by: "", from: undefined }];
  let states = 0;
  let failure: Failure | undefined;
  while (nearest.length > 0) {
    const further: Reached<S>[] = [];
    for (const reached of nearest) {
      states += 1;
      if (states > mostStates) throw new Error(`more than ${mostStates} states`);
      model.steps(reached.state, (by, state) => {
        if (failure !== undefined) return;
        const key = model.key(state);
        if (seen.has(key)) return;
        seen.add(key);
        const next = { state, by, from: reached };
        const problem = model.problem(state);
        if (problem === undefined) further.push(next);
        else failure = { problem, history: historyOf(next) };
      });
      if (failure !== undefined) return { states, failure };
    }
    nearest = further;
  }
  return { states, failure: undefined };
}

function historyOf<S>(end: Reached<S>): string[] {
  const history: string[] = [];
  for (let at = end; at.from !== undefined; at = at.from) history.unshift(at.by);
  return history;
}
