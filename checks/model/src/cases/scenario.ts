import type { Settings, Weakness } from "../protocol/settings.js";

/** A small situation in which the protocol keeps its promise, and the guards without which it would not. */
export interface Scenario {
  readonly name: string;
  /** What is promised, in a sentence. */
  readonly promise: string;
  /** What differs from `defaultSettings`: two writers of one row, three readers, no faults, every guard. */
  readonly settings: Partial<Omit<Settings, "weakness">>;
  /** Each of them has to break the promise. */
  readonly cousins: readonly Cousin[];
}

export interface Cousin {
  readonly weakness: Weakness;
  /** What goes wrong, in a sentence. */
  readonly failure: string;
  /** A read that is too old, or a value that stays too old for good: whichever needs fewer steps. */
  readonly fails: "old read" | "old for good";
}
