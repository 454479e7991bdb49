import type { InvalidationLog } from "../backend/invalidation-log.js";
import type { PersistenceBackend } from "../backend/persistence-backend.js";
import type { TransactionScope } from "../backend/transaction-scope.js";
import { AsideError } from "../errors/aside-error.js";
import { MemoryPersistence } from "../memory/memory-persistence.js";
import { MemoryTransactions } from "../memory/memory-transactions.js";
import type { Clock } from "../time/clock.js";
import { FragileLink } from "./fragile-link.js";
import type { FragileServer } from "./fragile-server.js";
import { withMethods } from "./recording-runner.js";

/**
 * A database in memory, which keeps what was committed, behind a server that dies, starts anew and falls silent by hand: the reference for
 * the clauses about faults.
 */
export class FragileMemoryDatabase implements FragileServer {
  readonly persistence: PersistenceBackend<unknown>;
  readonly #link: FragileLink;
  #closing: Promise<void> | undefined;
  readonly #transactions: Set<Promise<unknown>> = new Set();

  constructor(clock: Clock) {
    this.#link = new FragileLink(clock);
    const inner = new MemoryTransactions({ clock, log: true });
    const rows = new MemoryPersistence<unknown>({ clock, transactions: inner });
    const transactions = withMethods<TransactionScope>(inner, {
      run: (work, options) => {
        if (inner.current() !== undefined) return inner.run(work, options);
        if (this.#closing !== undefined) return Promise.reject(closed());
        const running = inner.run(() => this.#within(inner, work), options);
        this.#transactions.add(running);
        const done = () => void this.#transactions.delete(running);
        running.then(done, done);
        return running;
      },
      log: this.#behindServer(inner, inner.log as InvalidationLog, [
        "append",
        "read",
        "remove",
        "oldestAgeMs",
      ]),
    });
    const calls = ["readMany", "write", "remove", "touch", "removeExpired"] as const;
    this.persistence = withMethods(this.#behindServer<PersistenceBackend<unknown>>(inner, rows, calls), {
      transactions,
    });
  }

  kill(): Promise<void> {
    return this.#link.kill();
  }

  start(): Promise<void> {
    return this.#link.start();
  }

  silence(): Promise<void> {
    return this.#link.silence();
  }

  speak(): Promise<void> {
    return this.#link.speak();
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#transactions).then(() => undefined);
    return this.#closing;
  }

  /** Work whose statements failed cannot commit, whatever it makes of their errors; nor can one whose COMMIT gets no answer. */
  async #within<T>(inner: MemoryTransactions, work: () => Promise<T>): Promise<T> {
    await this.#link.call(async () => undefined);
    const transaction = inner.current();
    const broken: unknown[] = [];
    if (transaction !== undefined) this.#broken.set(transaction, broken);
    const result = await work();
    if (broken.length > 0) throw broken[0];
    // Made last, so that it has its turn after all others: it stands for COMMIT.
    transaction?.participant({}, () => ({
      beforeCommit: () => this.#link.call(async () => undefined),
      afterEnd: async () => undefined,
    }));
    return result;
  }

  readonly #broken: WeakMap<object, unknown[]> = new WeakMap();

  #behindServer<P extends object>(
    inner: MemoryTransactions,
    port: P,
    names: readonly (keyof P & string)[],
  ): P {
    const methods = names.map((name) => {
      const call = async (...args: unknown[]): Promise<unknown> => {
        const transaction = inner.current();
        if (transaction === undefined && this.#closing !== undefined && this.#transactions.size === 0) {
          throw closed();
        }
        try {
          return await this.#link.call(() =>
            (port[name] as (...all: unknown[]) => Promise<unknown>).apply(port, args),
          );
        } catch (error) {
          if (transaction !== undefined) this.#broken.get(transaction)?.push(error);
          throw error;
        }
      };
      return [name, call] as const;
    });
    return withMethods(port, Object.fromEntries(methods) as { readonly [Name in keyof P]?: P[Name] });
  }
}

function closed(): AsideError {
  return new AsideError("CLOSED", "The database was closed");
}
