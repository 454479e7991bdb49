import type { InvalidationEntry } from "@aside/core";
import type { WriteFacts } from "../oracle/write-facts.js";

/** What a row holds: a value that names the write that made it. */
export interface Row {
  readonly id: string;
  /** The value that the writer saw in its place, for writes that depend on it. */
  readonly previous?: string | null;
}

/** A transaction as the server has it: its changes lie apart until COMMIT applies them in one go. */
export class ServerTransaction {
  readonly facts: WriteFacts;
  /** `undefined` stands for a removal. */
  readonly changes = new Map<string, Row | undefined>();
  /** New ends of rows; `undefined`: it does not expire. */
  readonly ends = new Map<string, number | undefined>();
  readonly appended: InvalidationEntry[] = [];
  readonly removed: string[] = [];
  readonly locked = new Set<string>();
  awaited: string | undefined;
  active = true;

  /** Whether it is the write itself, and not a statement beside it: the log row of a release, a read. */
  readonly main: boolean;

  constructor(facts: WriteFacts, main: boolean) {
    this.facts = facts;
    this.main = main;
  }
}
