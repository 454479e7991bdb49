import { describe, expect, it } from "@jest/globals";
import { listingsByPrice, sliceOf, sortOf } from "./listing.js";

describe("sliceOf", () => {
  const items = Array.from({ length: 50 }, (_, i) => i);

  it.each([
    { page: 1, first: 0, length: 24, at: 1 },
    { page: 3, first: 48, length: 2, at: 3 },
    { page: 99, first: 48, length: 2, at: 3 },
    { page: 0, first: 0, length: 24, at: 1 },
  ])("shows page $page", ({ page, first, length, at }) => {
    const slice = sliceOf(items, page, 24);
    expect(slice.items[0]).toBe(first);
    expect(slice).toMatchObject({ page: at, pages: 3, total: 50 });
    expect(slice.items).toHaveLength(length);
  });

  it("has one empty page of nothing", () => {
    expect(sliceOf([], 1, 24)).toEqual({ items: [], page: 1, pages: 1, total: 0 });
  });
});

describe("listings", () => {
  it("by price are those of the category and of everything", () => {
    expect(listingsByPrice("plants")).toEqual([
      { category: "all", sort: "price-low" },
      { category: "all", sort: "price-high" },
      { category: "plants", sort: "price-low" },
      { category: "plants", sort: "price-high" },
    ]);
  });

  it("take an unknown sort for the first one", () => {
    expect(sortOf("price-high")).toBe("price-high");
    expect(sortOf("'; drop table products")).toBe("featured");
  });
});
