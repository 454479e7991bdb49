import { isDeepStrictEqual } from "node:util";
import type { Subject } from "../harness/subject.js";
import { type Item, itemOf } from "./item.js";

/** Reads one item in each operation. */
export function reading(
  name: string,
  idOf: (index: number) => number,
  read: (id: number) => Promise<Item | undefined>,
): Subject<Item | undefined> {
  return {
    name,
    operation: (index) => read(idOf(index)),
    check: (answer, index) => checkItem(idOf(index), answer),
  };
}

/** Reads many items in each operation; answers in the order of the ids. */
export function readingMany(
  name: string,
  idsOf: (index: number) => readonly number[],
  read: (ids: readonly number[]) => Promise<(id: number) => Item | undefined>,
): Subject<(id: number) => Item | undefined> {
  return {
    name,
    operation: (index) => read(idsOf(index)),
    check(answer, index) {
      for (const id of idsOf(index)) checkItem(id, answer(id));
    },
  };
}

function checkItem(id: number, answer: Item | undefined): void {
  if (!isDeepStrictEqual(answer, itemOf(id))) {
    throw new Error(`item ${id} should come whole, and came as ${JSON.stringify(answer)?.slice(0, 80)}`);
  }
}
