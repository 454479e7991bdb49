import type { Subject } from "../harness/subject.js";
import type { Client } from "./client.js";
import type { Items } from "./items.js";

/** Reads one key after the other. */
export function getting(client: Client, items: Items): Subject<Uint8Array | null | undefined> {
  return {
    name: client.name,
    operation: (index) => client.get(items.keyOf(index)),
    check: (answer, index) => items.check(items.keyOf(index), answer),
  };
}

type Look = Awaited<ReturnType<Client["getMany"]>>;

/** Reads `count` keys at once. */
export function gettingMany(client: Client, items: Items, count: number): Subject<Look> {
  return {
    name: client.name,
    operation: (index) => client.getMany(items.someKeys(index, count)),
    check(answer, index) {
      for (const key of items.someKeys(index, count)) items.check(key, answer(key));
    },
  };
}

/** Writes; what is then stored is read back when all is done. */
export function setting(client: Client, items: Items): Subject {
  const written = new Set<string>();
  return {
    name: client.name,
    operation(index) {
      const key = items.keyOf(index);
      return client.set(key, items.valueOf(key));
    },
    check: (_, index) => void written.add(items.keyOf(index)),
    async verify() {
      for (const key of written) items.check(key, await client.get(key));
    },
  };
}
