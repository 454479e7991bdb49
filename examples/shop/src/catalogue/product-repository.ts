import type { TieredStore } from "@aside/core";
import { Cached, cacheKey, Persisted } from "@aside/decorators";
import type { KnexDatabase } from "@aside/knex";
import { inject, injectable } from "inversify";
import type { Cents } from "../web/money.js";
import { DATABASE, LISTINGS, PRODUCTS } from "../wiring/tokens.js";
import type { CategoryId } from "./category.js";
import { type Listing, listingsByPrice, type Sort } from "./listing.js";
import type { Product } from "./product.js";

const orderings: Readonly<Record<Sort, readonly { column: string; order: "asc" | "desc" }[]>> = {
  featured: [{ column: "id", order: "asc" }],
  "price-low": [
    { column: "price_cents", order: "asc" },
    { column: "id", order: "asc" },
  ],
  "price-high": [
    { column: "price_cents", order: "desc" },
    { column: "id", order: "asc" },
  ],
  name: [
    { column: "name", order: "asc" },
    { column: "id", order: "asc" },
  ],
};

interface ProductRow {
  readonly id: number;
  readonly category: string;
  readonly name: string;
  readonly detail: string;
  readonly description: string;
  readonly price_cents: number;
  readonly picture: string;
}

const productKey = (id: number): string => cacheKey("product", id);
const listingKey = ({ category, sort }: Listing): string => cacheKey("listing", [category, sort]);

/** Products in the table `products`. */
@injectable()
export class ProductRepository {
  readonly #database: KnexDatabase;
  private readonly products: TieredStore<Product>;
  private readonly listings: TieredStore<readonly number[]>;

  constructor(
    @inject(DATABASE) database: KnexDatabase,
    @inject(PRODUCTS) products: TieredStore<Product>,
    @inject(LISTINGS) listings: TieredStore<readonly number[]>,
  ) {
    this.#database = database;
    this.products = products;
    this.listings = listings;
  }

  /** The product of that id; `undefined` when there is none. */
  @Cached({ store: (self: ProductRepository) => self.products, key: productKey })
  async byId(id: number): Promise<Product | undefined> {
    const row = await this.#database.reader()<ProductRow>("products").where({ id }).first();
    return row === undefined ? undefined : productOf(row);
  }

  /** Ids of the products of a listing, in its order. */
  @Cached({ store: (self: ProductRepository) => self.listings, key: listingKey })
  async list(listing: Listing): Promise<readonly number[]> {
    const { category, sort } = listing;
    const query = this.#database
      .reader()<ProductRow>("products")
      .select("id")
      .orderBy([...orderings[sort]]);
    if (category !== "all") query.where({ category });
    return idsOf(await query);
  }

  /** Ids of the products whose name or description has these words. Names never change, so the answer may be a minute old. */
  @Cached({
    store: (self: ProductRepository) => self.listings,
    name: "search",
    key: (text: string) => text.toLowerCase(),
    ttlMs: 60_000,
  })
  async search(text: string): Promise<readonly number[]> {
    const query = this.#database.reader()<ProductRow>("products").select("id").orderBy("id").limit(200);
    for (const word of text.toLowerCase().split(/\s+/).slice(0, 5)) {
      const pattern = `%${word.replace(/[!%_]/g, "!$&")}%`;
      query.whereRaw("(lower(name) like ? escape '!' or lower(description) like ? escape '!')", [
        pattern,
        pattern,
      ]);
    }
    return idsOf(await query);
  }

  /**
   * Changes a price. Stale are the product itself, known beforehand, and the listings that its category tells.
   * @returns the product as it was; `undefined` when there is none.
   */
  @Persisted({
    store: (self: ProductRepository) => self.listings,
    keysFromResult: (before: Product | undefined) =>
      before === undefined ? [] : listingsByPrice(before.category).map(listingKey),
  })
  @Persisted({ store: (self: ProductRepository) => self.products, keys: (id: number) => productKey(id) })
  async changePrice(id: number, priceCents: Cents): Promise<Product | undefined> {
    const sql = this.#database.connection();
    const before = await sql<ProductRow>("products").where({ id }).first();
    if (before === undefined) return undefined;
    await sql<ProductRow>("products").where({ id }).update({ price_cents: priceCents });
    return productOf(before);
  }
}

function productOf(row: ProductRow): Product {
  return {
    id: row.id,
    category: row.category as CategoryId,
    name: row.name,
    detail: row.detail,
    description: row.description,
    priceCents: row.price_cents,
    picture: row.picture,
  };
}

function idsOf(rows: readonly { readonly id: number }[]): readonly number[] {
  return rows.map(({ id }) => id);
}
