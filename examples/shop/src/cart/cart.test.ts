import { describe, expect, it } from "@jest/globals";
import { addToCart, cartSize, linesOf, MAX_LINES, MAX_QUANTITY, withQuantity } from "./cart.js";

describe("a cart", () => {
  it("adds up pieces of one product", () => {
    expect(addToCart(addToCart(undefined, 7, 1), 7, 2)).toEqual({ 7: 3 });
    expect(cartSize({ 7: 3, 9: 1 })).toBe(4);
    expect(cartSize(undefined)).toBe(0);
  });

  it("leaves the cart it was given as it is", () => {
    const before = Object.freeze({ 7: 1 });
    expect(addToCart(before, 8, 1)).toEqual({ 7: 1, 8: 1 });
    expect(before).toEqual({ 7: 1 });
  });

  it("takes a product out at zero", () => {
    expect(withQuantity({ 7: 3, 9: 1 }, 7, 0)).toEqual({ 9: 1 });
  });

  it("has a limit for each product and for products", () => {
    expect(addToCart({ 7: MAX_QUANTITY }, 7, 5)).toEqual({ 7: MAX_QUANTITY });
    const full = Object.fromEntries(Array.from({ length: MAX_LINES }, (_, i) => [i + 1, 1]));
    expect(addToCart(full, 1000, 1)).toEqual(full);
    expect(addToCart(full, 1, 1)).toEqual({ ...full, 1: 2 });
  });

  it("lists its lines by product id", () => {
    expect(linesOf({ 10: 1, 9: 2 })).toEqual([
      [9, 2],
      [10, 1],
    ]);
  });
});
