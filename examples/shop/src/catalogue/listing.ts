import type { CategoryId } from "./category.js";

/** The orders in which products can be listed. */
export const sorts = [
  { id: "featured", title: "Featured" },
  { id: "price-low", title: "Price: low to high" },
  { id: "price-high", title: "Price: high to low" },
  { id: "name", title: "Name" },
] as const;

export type Sort = (typeof sorts)[number]["id"];

/** The sort of that id; the first one for any other text. */
export function sortOf(id: string): Sort {
  return sorts.find((sort) => sort.id === id)?.id ?? "featured";
}

/** Which products to list, and in which order. */
export interface Listing {
  readonly category: CategoryId | "all";
  readonly sort: Sort;
}

/** The listings whose order depends on the price of a product of this category. */
export function listingsByPrice(category: CategoryId): readonly Listing[] {
  return (["all", category] as const).flatMap((of) =>
    (["price-low", "price-high"] as const).map((sort) => ({ category: of, sort })),
  );
}

/** A slice of a list. */
export interface Slice<T> {
  readonly items: readonly T[];
  /** From 1 to {@link pages}. */
  readonly page: number;
  /** At least 1. */
  readonly pages: number;
  /** Length of the whole list. */
  readonly total: number;
}

/** One page of a list; the nearest one where there is no such page. */
export function sliceOf<T>(items: readonly T[], page: number, perPage: number): Slice<T> {
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  const at = Math.min(Math.max(1, page), pages);
  return { items: items.slice((at - 1) * perPage, at * perPage), page: at, pages, total: items.length };
}
