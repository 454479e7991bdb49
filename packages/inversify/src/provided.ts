/**
 * A part of the module: the thing itself, a promise of it, or a function that makes it when it is first needed, from what it rests on.
 * The module closes the cache and the database that its functions made, and leaves open what it was given and what functions derive
 * from the database. (A thing that is a function itself, such as a Knex instance, is given by a function that returns it.)
 */
export type Provided<T, Base extends readonly unknown[] = []> =
  | T
  | Promise<T>
  | ((...base: Base) => T | Promise<T>)
  | Owned<T>;

/** See {@link owned}. */
export class Owned<T> {
  readonly open: () => T | Promise<T>;
  readonly close: (value: T) => void | Promise<void>;

  constructor(open: () => T | Promise<T>, close: (value: T) => void | Promise<void>) {
    if (typeof open !== "function" || typeof close !== "function")
      throw new TypeError("owned() takes two functions");
    this.open = open;
    this.close = close;
  }
}

/**
 * A part that the module makes with `open` when it is first needed, and ends with `close`. For what has neither a `close()` nor a
 * `[Symbol.asyncDispose]()` of its own, or needs more than that.
 */
export function owned<T>(open: () => T | Promise<T>, close: (value: T) => void | Promise<void>): Owned<T> {
  return new Owned(open, close);
}

/** How to make a part and how to end it. */
export interface Making<T, Base extends readonly unknown[]> {
  make(...base: Base): T | Promise<T>;
  /** Absent for what is not the module's to close. */
  readonly close: ((value: T) => void | Promise<void>) | undefined;
}

/** @param closeMade - ends what a plain function made; absent where that is not the module's to close. */
export function makingOf<T, Base extends readonly unknown[]>(
  provided: Provided<T, Base>,
  closeMade: ((value: T) => Promise<void>) | undefined,
): Making<T, Base> {
  if (provided instanceof Owned)
    return { make: () => provided.open(), close: (value) => provided.close(value) };
  if (typeof provided === "function") {
    return { make: provided as (...base: Base) => T | Promise<T>, close: closeMade };
  }
  // A promise that fails before anybody needs it must not end the process: whoever needs it gets the error.
  if (provided instanceof Promise) provided.catch(() => {});
  return { make: () => provided, close: undefined };
}

/** Ends what knows how to end: by its `close()`, else by its `[Symbol.asyncDispose]()`. */
export async function closeByItself(value: unknown): Promise<void> {
  const closable = (value ?? {}) as { close?: () => unknown; [Symbol.asyncDispose]?: () => unknown };
  if (typeof closable.close === "function") await closable.close();
  else await closable[Symbol.asyncDispose]?.();
}
