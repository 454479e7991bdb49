import type { DatabaseStep, Statement } from "./database-step.js";

/**
 * The rows of which nobody can say whether a transaction has locked them: it wanted to change one and there was none. InnoDB gives such a lock back, but not
 * where it was waited for, nor while the remains of a removed row are not purged. The port promises nothing of it, so until that transaction has ended the
 * other client leaves these rows alone, but for reads, which wait for nobody.
 */
export class UnsureLocks {
  readonly #keys = [new Set<string>(), new Set<string>()] as const;

  /** Notes what the answer to a step of a client says. */
  saw(
    {
      client,
      action,
      text,
    }: { readonly client: 0 | 1; readonly action: DatabaseStep["action"]; readonly text: string },
    inTransaction: boolean,
  ): void {
    if (text === "waits") return;
    if (!inTransaction) this.#keys[client].clear();
    else if ("key" in inner(action) && /^(no row|false|not written: version, no row)(;|$)/.test(text)) {
      this.#keys[client].add((inner(action) as { readonly key: string }).key);
    }
  }

  /** Whether the step would meet such a lock of the other client. */
  concern({ client, action }: DatabaseStep): boolean {
    const keys = this.#keys[client === 0 ? 1 : 0];
    const statement = inner(action);
    if (statement.kind === "sweep") return keys.size > 0;
    if (statement.kind === "lock") return statement.keys.some((key) => keys.has(key));
    return "key" in statement && keys.has(statement.key);
  }
}

function inner(action: DatabaseStep["action"]): Statement | DatabaseStep["action"] {
  return action.kind === "join" ? action.inner : action;
}
