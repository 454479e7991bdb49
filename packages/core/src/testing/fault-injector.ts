import { AsideError } from "../errors/aside-error.js";
import type { Clock, Milliseconds } from "../time/clock.js";
import { systemClock } from "../time/system-clock.js";

/** Names of the methods of a port that return promises. */
export type AsyncOperation<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: never[]) => Promise<unknown> ? Name : never;
}[keyof Port] &
  string;

/** Which calls a fault strikes. */
export interface FaultAim {
  /** The first call it strikes, counted from now on; 1 is the next one. Default: 1. */
  readonly nth?: number | undefined;
  /** How many calls it strikes from there on. Default: 1. */
  readonly times?: number | undefined;
  /** Counts and strikes only calls whose arguments pass. Default: all. */
  readonly matches?: ((...args: readonly unknown[]) => boolean) | undefined;
  /**
   * Where it strikes: `"request"`: before the call gets to the port; `"reply"`: afterwards, when what it asked for has happened.
   * Default: `"request"`.
   */
  readonly at?: "request" | "reply" | undefined;
}

/** A fault that was scripted. */
export interface Fault {
  /** Resolves when it strikes for the first time. */
  readonly struck: Promise<void>;
  /** How often it has struck. */
  readonly hits: number;
  /** Takes it back. Calls that it keeps waiting go on. */
  lift(): void;
}

type Strike = (fault: ScriptedFault) => Promise<void>;
type Method = (...args: unknown[]) => unknown;

class ScriptedFault implements Fault {
  readonly operation: string;
  readonly at: "request" | "reply";
  readonly struck: Promise<void>;
  readonly lifted: Promise<void>;
  hits = 0;
  isLifted = false;
  readonly #strike: Strike;
  readonly #first: number;
  readonly #last: number;
  readonly #matches: (...args: readonly unknown[]) => boolean;
  #calls = 0;
  #onStruck: () => void = () => undefined;
  #onLifted: () => void = () => undefined;
  #onClosed: (error: unknown) => void = () => undefined;

  constructor(operation: string, aim: FaultAim, strike: Strike) {
    this.operation = operation;
    this.at = aim.at ?? "request";
    this.#strike = strike;
    this.#first = aim.nth ?? 1;
    this.#last = this.#first + (aim.times ?? 1) - 1;
    this.#matches = aim.matches ?? (() => true);
    this.struck = new Promise((resolve) => {
      this.#onStruck = resolve;
    });
    this.lifted = new Promise((resolve, reject) => {
      this.#onLifted = resolve;
      this.#onClosed = reject;
    });
    this.lifted.catch(() => undefined);
  }

  /** Counts a call; tells whether the fault strikes it. */
  meets(args: readonly unknown[]): boolean {
    if (this.isLifted || !this.#matches(...args)) return false;
    this.#calls += 1;
    return this.#calls >= this.#first && this.#calls <= this.#last;
  }

  strike(): Promise<void> {
    this.hits += 1;
    this.#onStruck();
    return this.#strike(this);
  }

  lift(): void {
    this.isLifted = true;
    this.#onLifted();
  }

  /** The port is closed: calls that wait here settle. */
  close(): void {
    this.isLifted = true;
    this.#onClosed(new AsideError("CLOSED", "The port was closed"));
  }
}

/**
 * Wraps a port so that calls which a test picks fail, come late, or hang; the others go through untouched. One injector may wrap several
 * ports: its script is for all of them.
 *
 * ```ts
 * const faults = new FaultInjector<CacheBackend>();
 * const cache = faults.wrap(new MemoryCache());
 * faults.fail("compareAndSet", { at: "reply" }); // done, but the caller does not get to know
 * ```
 */
export class FaultInjector<Port extends object> {
  readonly #clock: Clock;
  #faults: ScriptedFault[] = [];
  readonly #calls: string[] = [];

  /** @param clock - for delays. Default: the machine's. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** The operations that were called on wrapped ports, in order, those included that were struck. */
  get calls(): readonly string[] {
    return this.#calls;
  }

  /** Calls reject with `error`. Default: an `AsideError` with `CACHE_UNAVAILABLE`. */
  fail(operation: AsyncOperation<Port>, aim: FaultAim = {}, error: unknown = unavailable()): Fault {
    return this.#script(operation, aim, () => Promise.reject(error));
  }

  /** Calls wait for `ms`. */
  delay(operation: AsyncOperation<Port>, ms: Milliseconds, aim: FaultAim = {}): Fault {
    return this.#script(operation, aim, (fault) => {
      const over = new Promise<void>((resolve) => {
        this.#clock.after(ms, resolve);
      });
      return Promise.race([over, fault.lifted]);
    });
  }

  /** Calls wait until the fault is lifted; they reject with `CLOSED` when the port is closed before. */
  hang(operation: AsyncOperation<Port>, aim: FaultAim = {}): Fault {
    return this.#script(operation, aim, (fault) => fault.lifted);
  }

  /** Lifts all faults. */
  heal(): void {
    for (const fault of this.#faults) fault.lift();
    this.#faults = [];
  }

  /** A port that does what `port` does, but for the faults. */
  wrap<P extends Port>(port: P): P {
    const methods = new Map<PropertyKey, Method>();
    const wrapped: P = new Proxy(port, {
      get: (target, property) => {
        // Methods with #private fields need the port itself as `this`.
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        let method = methods.get(property);
        if (method === undefined) {
          method = this.#method(target, property, value as Method, () => wrapped);
          methods.set(property, method);
        }
        return method;
      },
    });
    return wrapped;
  }

  #method(target: object, property: PropertyKey, method: Method, wrapped: () => object): Method {
    if (property === Symbol.asyncDispose && "close" in target) {
      return () => (wrapped() as { close(): Promise<void> }).close();
    }
    return (...args: unknown[]): unknown => {
      if (typeof property === "string") this.#calls.push(property);
      if (property === "close") for (const fault of this.#faults) fault.close();
      const call = () => Reflect.apply(method, target, args) as unknown;
      // Every fault counts the call, also when an earlier one strikes it.
      const [fault] = this.#faults.filter((each) => each.operation === property && each.meets(args));
      return fault === undefined ? call() : struck(fault, call);
    };
  }

  #script(operation: AsyncOperation<Port>, aim: FaultAim, strike: Strike): Fault {
    const fault = new ScriptedFault(operation, aim, strike);
    this.#faults.push(fault);
    return fault;
  }
}

async function struck(fault: ScriptedFault, call: () => unknown): Promise<unknown> {
  if (fault.at === "request") {
    await fault.strike();
    return call();
  }
  const result = await call();
  await fault.strike();
  return result;
}

function unavailable(): AsideError {
  return new AsideError("CACHE_UNAVAILABLE", "An injected failure");
}
