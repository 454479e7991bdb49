import { inject, injectable } from "inversify";
import type { Product } from "../catalogue/product.js";
import { ProductRepository } from "../catalogue/product-repository.js";
import { StockService } from "../catalogue/stock-service.js";
import { SettingsService } from "../settings/settings-service.js";
import { shippingOf } from "../settings/shop-settings.js";
import type { Cents } from "../web/money.js";
import { type CartLines, linesOf } from "./cart.js";

/** A line of a cart with today's price. */
export interface PricedLine {
  readonly product: Product;
  readonly quantity: number;
  readonly totalCents: Cents;
  /** How many the shop has. */
  readonly left: number;
}

/** A cart with today's prices. */
export interface PricedCart {
  readonly lines: readonly PricedLine[];
  readonly goodsCents: Cents;
  readonly shippingCents: Cents;
  readonly totalCents: Cents;
}

/** Puts prices to carts. */
@injectable()
export class CartService {
  readonly #products: ProductRepository;
  readonly #stock: StockService;
  readonly #settings: SettingsService;

  constructor(
    @inject(ProductRepository) products: ProductRepository,
    @inject(StockService) stock: StockService,
    @inject(SettingsService) settings: SettingsService,
  ) {
    this.#products = products;
    this.#stock = stock;
    this.#settings = settings;
  }

  /** The cart as it stands now; products that are gone are left out. Within a transaction the prices are those of the database. */
  async priced(cart: CartLines | undefined): Promise<PricedCart> {
    const wanted = linesOf(cart);
    const [products, left, settings] = await Promise.all([
      Promise.all(wanted.map(([id]) => this.#products.byId(id))),
      this.#stock.leftOf(wanted.map(([id]) => id)),
      this.#settings.current(),
    ]);
    const lines = wanted.flatMap(([id, quantity], i): PricedLine[] => {
      const product = products[i];
      if (product === undefined) return [];
      return [{ product, quantity, totalCents: product.priceCents * quantity, left: left.get(id) ?? 0 }];
    });
    const goodsCents = lines.reduce((sum, { totalCents }) => sum + totalCents, 0);
    const shippingCents = shippingOf(settings, goodsCents);
    return { lines, goodsCents, shippingCents, totalCents: goodsCents + shippingCents };
  }
}
