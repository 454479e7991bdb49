import { type Entry, none, type Slot, type State } from "./state.js";

/** Puts an entry into the copy `next`, over whatever stands there. Returns its token. */
export function put(next: State, slot: Slot, entry: Omit<Entry, "token">): number {
  next.lastToken += 1;
  const { kind, by, writes, seed } = entry;
  next[slot] = { kind, token: next.lastToken, by, writes, seed };
  return next.lastToken;
}

/** Whether a compare-and-set or a delete by `token` would find what it names. */
export function stands(state: State, slot: Slot, token: number): boolean {
  return token !== none && state[slot]?.token === token;
}

/** Removes as the relay and every release do: whatever stands there, but never the hold of somebody else. */
export function removeUnlessHeld(next: State, slot: Slot): void {
  if (next[slot]?.kind !== "hold") next[slot] = undefined;
}

export const holdOf = (writer: number): Omit<Entry, "token"> => ({
  kind: "hold",
  by: writer,
  writes: 0,
  seed: none,
});

export const leaseOf = (reader: number): Omit<Entry, "token"> => ({
  kind: "lease",
  by: reader,
  writes: 0,
  seed: none,
});
