/** The last parameter of Node's callback style. */
export type Callback<T> = (error: unknown, value?: T | null) => void;

/**
 * Hands the outcome of `promise` to `callback`: once, on a later tick, and outside the promise's own chain, so that an error thrown by the callback
 * is an uncaught exception of its own and never a second call. The callback keeps the asynchronous context of the call.
 *
 * @returns nothing where there is a callback, else `promise`, which is never reported as unhandled: callers of the callback
 *   style drop it.
 */
export function settle<T>(promise: Promise<T>, callback: Callback<T> | undefined): Promise<T> | undefined {
  if (typeof callback !== "function") {
    promise.catch(() => {});
    return promise;
  }
  promise.then(
    (value) => process.nextTick(callback, null, value),
    (error: unknown) => process.nextTick(callback, error),
  );
  return undefined;
}
