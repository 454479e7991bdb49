/** `target` with some members replaced. Everything else acts on `target` itself, also what is assigned and deleted. */
export function withOverrides<T extends object>(target: T, overrides: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(_, property) {
      if (typeof property === "string" && Object.hasOwn(overrides, property)) return overrides[property];
      const value: unknown = Reflect.get(target, property, target);
      // Native connections refuse methods that are called on anything but themselves.
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (_, property, value) => Reflect.set(target, property, value, target),
  });
}
