import type { Cents } from "../web/money.js";
import type { CategoryId } from "./category.js";

/** An article of the catalogue. How many are left is not part of it: see {@link StockService}. */
export interface Product {
  readonly id: number;
  readonly category: CategoryId;
  readonly name: string;
  /** What it is made of or how it comes, in a few words. */
  readonly detail: string;
  readonly description: string;
  readonly priceCents: Cents;
  /** Names its picture: see `pictures/picture.ts`. */
  readonly picture: string;
}

/** The page of a product: its id, and its name for people and search engines. */
export function productPath(product: Pick<Product, "id" | "name">): string {
  return `/products/${product.id}-${slugOf(product.name)}`;
}

/** A name as it stands in a URL: lower-case letters, digits and hyphens. */
export function slugOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
