/** One contender's way of doing the work of a case. */
export interface Subject<A = unknown> {
  readonly name: string;
  /** Does the work once. `index` counts the operations of one round from 0, over all callers. */
  operation(index: number): Promise<A>;
  /** Throws when `answer` is not what operation `index` must give. */
  check(answer: A, index: number): void;
  /** Called before each round, outside of what is measured. */
  beforeRound?(): Promise<void>;
  /** Called after the last round, where the work leaves something behind: throws when that is wrong. */
  verify?(): Promise<void>;
}
