import type { StoreSettings } from "@aside/inversify";
import type { KnexDatabase } from "@aside/knex";

const loads: StoreSettings<unknown, KnexDatabase> = {};

/** A store whose values live in the collection of the same name. */
function keeps(name: string): StoreSettings<unknown, KnexDatabase> {
  return { persistence: (database) => database.collection<unknown>(name) };
}

/** The stores of the shop, by the names that the footer of each page shows. All share one cache and one database. */
export const shopStores = {
  // Filled by the SQL of repositories: `@Cached` and `@Persisted`.
  products: loads,
  listings: loads,
  customers: loads,
  orders: loads,
  "order-lists": loads,
  // Plain values by key.
  stock: keeps("stock"),
  settings: keeps("settings"),
  addresses: keeps("addresses"),
  sessions: keeps("sessions"),
} as const;
