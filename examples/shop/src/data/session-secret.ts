import { randomBytes } from "node:crypto";
import type { Knex } from "knex";

/**
 * The secret that signs session cookies: made once and kept in the database, so that restarts keep sessions and several processes agree.
 * Of two processes that make one at once the first to insert wins, and both read that one.
 */
export async function sessionSecret(sql: Knex): Promise<string> {
  const name = "session-secret";
  const made = randomBytes(32).toString("base64url");
  await sql("shop_facts").insert({ name, value: made }).onConflict("name").ignore();
  const row = await sql<{ name: string; value: string }>("shop_facts").where({ name }).first("value");
  if (row === undefined) throw new Error("The session secret was not kept");
  return row.value;
}
