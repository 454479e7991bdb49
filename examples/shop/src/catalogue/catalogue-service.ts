import { inject, injectable } from "inversify";
import type { CategoryId } from "./category.js";
import { type Slice, type Sort, sliceOf } from "./listing.js";
import type { Product } from "./product.js";
import { ProductRepository } from "./product-repository.js";
import { StockService } from "./stock-service.js";

/** What to show of the catalogue. */
export interface Selection {
  readonly category: CategoryId | "all";
  readonly sort: Sort;
  /** Words to look for in all categories; empty: list by category and sort. */
  readonly text: string;
  readonly page: number;
}

/** A product and how many the shop has. */
export interface Offer {
  readonly product: Product;
  readonly left: number;
}

/** Finds products to show. */
@injectable()
export class CatalogueService {
  readonly #products: ProductRepository;
  readonly #stock: StockService;

  constructor(
    @inject(ProductRepository) products: ProductRepository,
    @inject(StockService) stock: StockService,
  ) {
    this.#products = products;
    this.#stock = stock;
  }

  /** One page of what was selected. */
  async select({ category, sort, text, page }: Selection, perPage: number): Promise<Slice<Offer>> {
    const ids =
      text === "" ? await this.#products.list({ category, sort }) : await this.#products.search(text);
    const slice = sliceOf(ids ?? [], page, perPage);
    return { ...slice, items: await this.offersOf(slice.items) };
  }

  /** The product of that id with its stock; `undefined` when there is none. */
  async offer(id: number): Promise<Offer | undefined> {
    return (await this.offersOf([id]))[0];
  }

  /** Some other products of the same category. */
  async related({ id, category }: Product, count: number): Promise<readonly Offer[]> {
    const ids = await this.#products.list({ category, sort: "featured" });
    const at = ids.indexOf(id);
    const others = [...ids.slice(at + 1), ...ids.slice(0, Math.max(at, 0))];
    return this.offersOf(others.slice(0, count));
  }

  /** Each product has an entry of its own in the cache, so that a new price makes one entry stale and not every page that shows it. */
  private async offersOf(ids: readonly number[]): Promise<readonly Offer[]> {
    const [products, left] = await Promise.all([
      Promise.all(ids.map((id) => this.#products.byId(id))),
      this.#stock.leftOf(ids),
    ]);
    return products.flatMap((product) =>
      product === undefined ? [] : [{ product, left: left.get(product.id) ?? 0 }],
    );
  }
}
