import { AsyncLocalStorage } from "node:async_hooks";

/** One load that the current asynchronous flow is part of, and those around it. */
export interface RunningLoad {
  readonly store: object;
  readonly key: string;
  readonly outer: RunningLoad | undefined;
}

/**
 * The loads that surround the current call. A method that, while its own key is loading, asks for that key again would wait for itself:
 * an overriding method that calls `super` under the same name does just that. Such a call goes to the method directly.
 */
const running = new AsyncLocalStorage<RunningLoad>();

/** The innermost load around the caller. */
export function surroundingLoad(): RunningLoad | undefined {
  return running.getStore();
}

/** Whether `key` of `store` is being loaded by `load` or one around it. */
export function isLoading(load: RunningLoad | undefined, store: object, key: string): boolean {
  for (let current = load; current !== undefined; current = current.outer) {
    if (current.store === store && current.key === key) return true;
  }
  return false;
}

/** Runs `work` as the load of `key`. */
export function runLoad<T>(load: RunningLoad, work: () => T): T {
  return running.run(load, work);
}
