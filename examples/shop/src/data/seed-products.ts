import type { Product } from "../catalogue/product.js";
import type { ColourName } from "../pictures/colours.js";
import { pictureName } from "../pictures/picture.js";
import { type Random, randomOf } from "../pictures/random.js";
import { type Article, type Department, departments, places } from "./seed-articles.js";

/** A product as it is put into an empty shop. */
export interface SeedProduct extends Product {
  readonly stock: number;
}

const PER_DEPARTMENT = 38;

/** The products of a new shop: the same ones, with the same ids, on every machine and at every call. */
export function seedProducts(): readonly SeedProduct[] {
  return interleaved(departments.map(productsOf)).map((product, index) => ({ id: index + 1, ...product }));
}

function productsOf(department: Department): Omit<SeedProduct, "id">[] {
  const random = randomOf(`products of ${department.category}`);
  const names = new Set<string>();
  const products: Omit<SeedProduct, "id">[] = [];
  while (products.length < PER_DEPARTMENT) {
    // Articles take turns, so that each is well represented; series and finish are drawn.
    const article = department.articles[products.length % department.articles.length] as Article;
    const [colour, finish] = random.pick(department.finishes);
    const name = department.joined(random.pick(department.series), article.name, finish);
    if (names.has(name)) continue;
    names.add(name);
    products.push({
      category: department.category,
      name,
      detail: article.detail,
      description: describe(department, article, colour, finish, random),
      priceCents: priceOf(article, random),
      picture: pictureName({ shape: article.shape, colour, variant: random.whole(0, 0xffff).toString(16) }),
      stock: random.whole(0, 24) === 0 ? 0 : random.whole(4, 60),
    });
  }
  return products;
}

function describe(
  department: Department,
  article: Article,
  colour: ColourName,
  finish: string,
  random: Random,
): string {
  const word = department.category === "pantry" ? colour : finish.toLowerCase();
  const text = `${article.about} ${random.pick(department.closing)}`;
  return text.replaceAll("{colour}", word).replaceAll("{place}", random.pick(places));
}

/** Prices look like prices: whole euros, .50, or .90 for what is cheap. */
function priceOf({ euros: [low, high] }: Article, random: Random): number {
  const euros = random.whole(low, high);
  return euros >= 60 ? euros * 100 : euros * 100 + random.pick([0, 0, 50, 90]);
}

/** One of each list in turn, so that the page of all products shows every department. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}
