import { AsideError } from "@aside/core";

/**
 * Asks `select` for the store of `self`.
 * @param verb - the member that the store must have.
 * @param owner - what the error calls the decorated method.
 * @throws {AsideError} `NO_STORE` when the object has none.
 */
export function findStore<S, T extends object>(
  select: (self: S) => T,
  self: S,
  verb: keyof T & string,
  owner: string,
): T {
  if (self === undefined || self === null) {
    throw new AsideError(
      "NO_STORE",
      `${owner} was called without its object, so no store can be found: call it as object.method(...), or bind it first`,
    );
  }
  const store: T | undefined | null = select(self);
  if (typeof store?.[verb] !== "function") {
    throw new AsideError(
      "NO_STORE",
      `${owner} found no store on ${describe(self)}: its "store" function returned ${describe(store)}, not a TieredStore. ` +
        "Give the object its store when it is made: pass a TieredStore to the constructor, " +
        "or, with a container, bind one by asideModule({ stores }) and inject it by @inject(storeToken(name))",
    );
  }
  return store;
}

/** Kind of a value, never its content. */
function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return value.name === "" ? "a function" : `class ${value.name}`;
  if (typeof value !== "object") return typeof value;
  const maker: unknown = value.constructor;
  return typeof maker === "function" && maker.name !== "" ? `an instance of ${maker.name}` : "an object";
}
