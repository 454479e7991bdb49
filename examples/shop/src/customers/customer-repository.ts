import type { TieredStore } from "@aside/core";
import { Cached, cacheKey, Persisted } from "@aside/decorators";
import type { KnexDatabase } from "@aside/knex";
import { inject, injectable } from "inversify";
import { isDuplicateRow } from "../data/duplicate-row.js";
import { insertedId } from "../data/inserted-id.js";
import { CUSTOMERS, DATABASE } from "../wiring/tokens.js";
import type { Customer } from "./customer.js";

interface CustomerRow {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly password_hash: string;
  readonly created_at_ms: number;
}

/** What a new account is made of. */
export interface NewCustomer {
  /** In lower case. */
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/** Accounts in the table `customers`. */
@injectable()
export class CustomerRepository {
  readonly #database: KnexDatabase;
  private readonly customers: TieredStore<Customer>;

  constructor(@inject(DATABASE) database: KnexDatabase, @inject(CUSTOMERS) customers: TieredStore<Customer>) {
    this.#database = database;
    this.customers = customers;
  }

  @Cached({ store: (self: CustomerRepository) => self.customers, name: "customer", key: (id: number) => id })
  async byId(id: number): Promise<Customer | undefined> {
    const row = await this.#database.reader()<CustomerRow>("customers").where({ id }).first();
    return row === undefined ? undefined : customerOf(row);
  }

  /** What a log-in needs. Straight from the database: password hashes never get into the cache. */
  async credentials(
    email: string,
  ): Promise<{ readonly id: number; readonly passwordHash: string } | undefined> {
    const row = await this.#database.reader()<CustomerRow>("customers").where({ email }).first();
    return row === undefined ? undefined : { id: row.id, passwordHash: row.password_hash };
  }

  /** Opens an account. @returns its id; `undefined` when the address has one already. */
  async register(customer: NewCustomer): Promise<number | undefined> {
    try {
      return await this.insert(customer);
    } catch (error) {
      if (isDuplicateRow(error)) return undefined;
      throw error;
    }
  }

  // Ids are handed out once, but somebody may have asked for this one before: "no such customer" may be in the cache.
  @Persisted({
    store: (self: CustomerRepository) => self.customers,
    keysFromResult: (id: number) => cacheKey("customer", id),
  })
  private async insert({ email, name, passwordHash }: NewCustomer): Promise<number> {
    const inserted = await this.#database
      .connection()("customers")
      .insert({ email, name, role: "customer", password_hash: passwordHash, created_at_ms: Date.now() });
    return insertedId(inserted);
  }
}

function customerOf({ id, email, name, role }: CustomerRow): Customer {
  return { id, email, name, role: role === "admin" ? "admin" : "customer" };
}
