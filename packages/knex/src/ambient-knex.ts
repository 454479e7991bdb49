import { AsideError } from "@aside/core";
import type { Knex } from "knex";

/** A Knex transaction on a connection whose transaction belongs to somebody else. */
export interface AmbientKnex {
  readonly transaction: Knex.Transaction;
  /** Makes Knex refuse every later statement. */
  finish(committed: boolean): Promise<void>;
}

/**
 * Makes a Knex transaction for the user's own SQL on `connection`, which is guarded: its BEGIN and its end are not sent. Nested
 * `transaction()` calls are savepoints, as with any Knex transaction.
 */
export async function openAmbientKnex(knex: Knex, connection: object): Promise<AmbientKnex> {
  let whole: Promise<unknown> = Promise.resolve();
  const transaction = await new Promise<Knex.Transaction>((resolve, reject) => {
    // The container returns no promise, so that Knex leaves the end to us.
    whole = Promise.resolve(knex.transaction((opened) => resolve(opened) as undefined, { connection }));
    whole.catch(reject);
  });
  const { commit, rollback } = transaction;
  const refuse = (): never => {
    throw new AsideError(
      "UNSUPPORTED",
      "A transaction of KnexDatabase.run is committed when its work resolves; to roll it back, let the work throw.",
    );
  };
  Object.assign(transaction, { commit: refuse, rollback: refuse });
  return {
    transaction,
    async finish(committed) {
      await (committed ? commit() : rollback());
      await whole;
    },
  };
}
