/** A value that may still be on its way. What is there already is used at once, so that a synchronous set-up stays synchronous. */
export type MaybePromise<T> = T | Promise<T>;

export function chain<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
