import type { TieredStore } from "@aside/core";
import type { KnexDatabase } from "@aside/knex";
import { demoAccounts } from "../customers/demo-accounts.js";
import { hashPassword } from "../customers/password.js";
import { seedProducts } from "./seed-products.js";

/**
 * Fills an empty shop, once. Of several processes that start on an empty database, one fills it while the others wait for its row lock,
 * and then find it done; one that dies half-way leaves nothing behind, and the next one starts over.
 */
export async function seedShop(database: KnexDatabase, stock: TieredStore<number>): Promise<void> {
  const fact = { name: "seed" };
  await database
    .connection()("shop_facts")
    .insert({ ...fact, value: "wanted" })
    .onConflict("name")
    .ignore();
  if (await isDone(database, fact)) return;
  const accounts = await accountRows();
  await database.run(async () => {
    const sql = database.connection();
    // The row exists by now, so of several processes one gets its lock and the others wait here. (SQLite has one writer anyway.)
    await sql("shop_facts").where(fact).update({ value: "under way" });
    if (await sql("products").first("id")) return;
    const products = seedProducts();
    const rows = products.map(({ priceCents, stock: _stock, ...row }) => ({
      ...row,
      price_cents: priceCents,
    }));
    for (let i = 0; i < rows.length; i += 50) await sql("products").insert(rows.slice(i, i + 50));
    await sql("customers").insert(accounts);
    await stock.setMany(products.map(({ id, stock: left }) => [String(id), left] as const));
  });
  await database.connection()("shop_facts").where(fact).update({ value: "done" });
}

async function isDone(database: KnexDatabase, fact: { readonly name: string }): Promise<boolean> {
  const row = await database
    .connection()<{ name: string; value: string }>("shop_facts")
    .where(fact)
    .first("value");
  return row?.value === "done";
}

function accountRows(): Promise<readonly Record<string, unknown>[]> {
  return Promise.all(
    demoAccounts.map(async ({ email, name, role, password }) => ({
      email,
      name,
      role,
      password_hash: await hashPassword(password),
      created_at_ms: Date.now(),
    })),
  );
}
