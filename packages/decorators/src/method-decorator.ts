/** Any function, for generic code that only passes arguments on. */
export type AnyMethod = (...args: never[]) => unknown;

/** A method as the wrapper calls it. */
export type AsyncMethod = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/**
 * Applies `wrap` to a method in either form in which a compiler calls a decorator: `(method, context)` as the standard says, or
 * `(target, name, descriptor)` as `experimentalDecorators` does. The wrapper keeps the method's name and length.
 *
 * @param decorator - its name, for errors.
 * @throws {TypeError} when what is decorated is no method.
 */
export function decorateMethod(
  decorator: string,
  args: readonly unknown[],
  wrap: (method: AsyncMethod, name: string) => AsyncMethod,
): unknown {
  const [target, second, third] = args;
  if (isStandardContext(second)) {
    if (second.kind !== "method") throw notAMethod(decorator, String(second.name), second.kind);
    return disguise(wrap(target as AsyncMethod, String(second.name)), target as AsyncMethod);
  }
  const descriptor = third as TypedPropertyDescriptor<AsyncMethod> | undefined;
  const method = descriptor?.value;
  if (typeof method !== "function") throw notAMethod(decorator, String(second), "something else");
  return { ...descriptor, value: disguise(wrap(method, String(second)), method) };
}

function isStandardContext(
  value: unknown,
): value is { readonly kind: string; readonly name: string | symbol } {
  return typeof value === "object" && value !== null && "kind" in value;
}

/** Gives `wrapper` the name and length of `method`, which stack traces and some frameworks look at. */
export function disguise(wrapper: AsyncMethod, method: AsyncMethod): AsyncMethod {
  Object.defineProperty(wrapper, "name", { value: method.name, configurable: true });
  Object.defineProperty(wrapper, "length", { value: method.length, configurable: true });
  return wrapper;
}

function notAMethod(decorator: string, name: string, kind: string): TypeError {
  return new TypeError(`${decorator} decorates methods, and "${name}" is a ${kind}`);
}
