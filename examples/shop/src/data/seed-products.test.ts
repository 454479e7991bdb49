import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { categories } from "../catalogue/category.js";
import { slugOf } from "../catalogue/product.js";
import { parsePictureName } from "../pictures/picture.js";
import { seedProducts } from "./seed-products.js";

describe("seedProducts", () => {
  it("makes about 300 products in every category", () => {
    const products = seedProducts();
    expect(products.length).toBe(304);
    for (const { id } of categories) {
      expect(products.filter((product) => product.category === id).length).toBe(38);
    }
  });

  it("makes the same ones each time", () => {
    expect(seedProducts()).toEqual(seedProducts());
  });

  it("makes the same ones in every version of the shop, since running shops hold them", () => {
    const digest = createHash("sha256").update(
      JSON.stringify(seedProducts().map(({ id, name }) => [id, name])),
    );
    expect(digest.digest("hex").slice(0, 16)).toBe("28eb57a307412c79");
  });

  it("gives each its own id, name and address", () => {
    const products = seedProducts();
    const fields: readonly (readonly (string | number)[])[] = [
      products.map(({ id }) => id),
      products.map(({ name }) => name),
      products.map(({ name }) => slugOf(name)),
    ];
    for (const field of fields) expect(new Set<string | number>(field).size).toBe(products.length);
  });

  it("prices all in whole cents and leaves no blank unfilled", () => {
    for (const product of seedProducts()) {
      expect(Number.isInteger(product.priceCents) && product.priceCents > 0).toBe(true);
      expect(Number.isInteger(product.stock) && product.stock >= 0).toBe(true);
      expect(`${product.name} ${product.description} ${product.detail}`).not.toMatch(/[{}]|undefined/);
      expect(parsePictureName(product.picture)).toBeDefined();
    }
  });

  it("leaves something to be sold out", () => {
    const soldOut = seedProducts().filter(({ stock }) => stock === 0).length;
    expect(soldOut).toBeGreaterThan(2);
    expect(soldOut).toBeLessThan(40);
  });
});
