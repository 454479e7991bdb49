import { AsyncResource } from "node:async_hooks";

/** The asynchronous context in which the module was loaded: that of no request and of no transaction. */
const root = new AsyncResource("Aside");

/**
 * Calls `work` outside of the caller's asynchronous context. Flights, holds, timers and the relay serve callers of many contexts, so they belong to
 * the transaction of none, of whatever database, and keep none alive.
 */
export function detached<T>(work: () => T): T {
  return root.runInAsyncScope(work);
}
