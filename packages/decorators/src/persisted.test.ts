import assert from "node:assert/strict";
import type { TieredStore } from "@aside/core";
import { describe, it } from "@jest/globals";
import {
  type Product,
  type ProductSubject,
  persistedScenarios,
  Refused,
  ShopFixture,
} from "../fixtures/persisted-scenarios.js";
import { cacheKey } from "./cache-key.js";
import { Cached } from "./cached.js";
import { Persisted, persisted } from "./persisted.js";

const byIdKey = (id: number): string => cacheKey("product.byId", id);
const staleBy = (product: Product): string => byIdKey(product.id);

class Products implements ProductSubject {
  readonly reads: string[] = [];
  readonly shop: ShopFixture;
  readonly store: TieredStore<Product>;

  constructor(shop: ShopFixture, store: TieredStore<Product> | null = shop.store) {
    this.shop = shop;
    this.store = store as TieredStore<Product>;
  }

  @Cached({ store: (self: Products) => self.store, key: byIdKey })
  async byId(id: number): Promise<Product | undefined> {
    this.reads.push(`byId ${id}`);
    return this.shop.row(id);
  }

  @Cached({ store: (self: Products) => self.store, name: "product.byName", key: (name: string) => name })
  async byName(name: string): Promise<Product | undefined> {
    this.reads.push(`byName ${name}`);
    const rows = await Promise.all([1, 2, 3].map((id) => this.shop.row(id)));
    return rows.find((row) => row?.name === name);
  }

  @Persisted({
    store: (self: Products) => self.store,
    keys: staleBy,
    keysFromResult: (before: Product | undefined, product: Product) =>
      [before ?? product, product].map(({ name }) => cacheKey("product.byName", name)),
  })
  async save(product: Product): Promise<Product | undefined> {
    if (product.id < 0) throw new Refused("refused");
    const before = await this.shop.row(product.id);
    await this.shop.rows.write(String(product.id), product);
    return before;
  }

  @Persisted({ store: (self: Products) => self.store, keys: staleBy })
  async saveAndFail(product: Product): Promise<void> {
    await this.shop.rows.write(String(product.id), product);
    throw new Refused("refused");
  }

  @Persisted({
    store: (self: Products) => self.store,
    keys: (_: Product): string => {
      throw new Refused("refused");
    },
  })
  async saveUnnamed(product: Product): Promise<void> {
    await this.shop.rows.write(String(product.id), product);
  }

  @Persisted({ store: (self: Products) => self.store, keys: () => [] })
  async saveAll(products: readonly Product[]): Promise<void> {
    for (const product of products) await this.save(product);
  }

  @Persisted({ store: (self: Products) => self.store, keys: staleBy })
  async saveAndRead(product: Product): Promise<Product | undefined> {
    await this.shop.rows.write(String(product.id), product);
    return this.byId(product.id);
  }
}

describe("@Persisted as a legacy decorator", () => {
  persistedScenarios(Products);
});

describe("persisted()", () => {
  it("does the same for a plain function", async () => {
    await using shop = new ShopFixture();
    const products = new Products(shop);
    await products.save({ id: 1, name: "mug", price: 5 });
    await products.byId(1);
    const reprice = persisted(
      async (id: number, price: number): Promise<number> => {
        await shop.rows.write(String(id), { id, name: "mug", price });
        return price;
      },
      { store: shop.store, keys: (id) => byIdKey(id) },
    );
    assert.equal(await reprice(1, 6), 6);
    assert.equal((await products.byId(1))?.price, 6);
  });
});

describe("options that cannot be meant", () => {
  it.each([
    ["no store", { keys: () => "" }, /"store" is a function/],
    ["no keys", { store: () => undefined }, /needs "keys" or "keysFromResult"/],
    ["keys that are no function", { store: () => undefined, keys: ["a"] }, /"keys" is a function/],
    [
      "keysFromResult that is none",
      { store: () => undefined, keysFromResult: "a" },
      /"keysFromResult" is a function/,
    ],
  ])("are refused when the class is defined: %s", (_, options, message) => {
    assert.throws(
      () => Persisted(options as never),
      (error) => error instanceof TypeError && message.test(error.message),
    );
  });
});
