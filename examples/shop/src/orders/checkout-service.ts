import type { TieredStore } from "@aside/core";
import { inject, injectable } from "inversify";
import type { CartLines } from "../cart/cart.js";
import { CartService } from "../cart/cart-service.js";
import { OutOfStockError, StockService } from "../catalogue/stock-service.js";
import type { Address } from "../customers/customer.js";
import { isDuplicateRow } from "../data/duplicate-row.js";
import type { Cents } from "../web/money.js";
import { ADDRESSES } from "../wiring/tokens.js";
import { OrderRepository } from "./order-repository.js";

/** What a checkout form says. */
export interface CheckoutRequest {
  readonly customerId: number;
  readonly cart: CartLines | undefined;
  readonly address: Address;
  /** The total that the customer saw and agreed to. */
  readonly agreedCents: Cents;
  /** Of the form: sent twice, it makes one order. */
  readonly checkoutToken: string;
}

/** What became of a checkout. */
export type CheckoutResult =
  | { readonly outcome: "placed"; readonly orderId: number }
  | { readonly outcome: "empty" }
  /** A price changed since the customer saw the total. */
  | { readonly outcome: "repriced" }
  | { readonly outcome: "out-of-stock"; readonly productId: number; readonly left: number };

class RepricedError extends Error {}

/** Turns carts into orders. */
@injectable()
export class CheckoutService {
  readonly #carts: CartService;
  readonly #stock: StockService;
  readonly #orders: OrderRepository;
  readonly #addresses: TieredStore<Address>;

  constructor(
    @inject(CartService) carts: CartService,
    @inject(StockService) stock: StockService,
    @inject(OrderRepository) orders: OrderRepository,
    @inject(ADDRESSES) addresses: TieredStore<Address>,
  ) {
    this.#carts = carts;
    this.#stock = stock;
    this.#orders = orders;
    this.#addresses = addresses;
  }

  /** Where the customer had the last parcel sent. */
  lastAddress(customerId: number): Promise<Address | undefined> {
    return this.#addresses.get(String(customerId));
  }

  /** Places an order: the order, its lines, the stock and the remembered address change together or not at all. */
  async checkOut(request: CheckoutRequest): Promise<CheckoutResult> {
    try {
      return await this.#stock.together(() => this.#place(request));
    } catch (error) {
      if (error instanceof RepricedError) return { outcome: "repriced" };
      if (error instanceof OutOfStockError) {
        return { outcome: "out-of-stock", productId: error.productId, left: error.left };
      }
      // The same form, sent twice at once: the other one was first, and this one was rolled back.
      if (isDuplicateRow(error)) {
        const orderId = await this.#orders.idOfCheckout(request.customerId, request.checkoutToken);
        if (orderId !== undefined) return { outcome: "placed", orderId };
      }
      throw error;
    }
  }

  async #place({
    customerId,
    cart,
    address,
    agreedCents,
    checkoutToken,
  }: CheckoutRequest): Promise<CheckoutResult> {
    const earlier = await this.#orders.idOfCheckout(customerId, checkoutToken);
    if (earlier !== undefined) return { outcome: "placed", orderId: earlier };
    // In here the reads go to the transaction, so these are the prices that are charged.
    const priced = await this.#carts.priced(cart);
    if (priced.lines.length === 0) return { outcome: "empty" };
    if (priced.totalCents !== agreedCents) throw new RepricedError();
    // By ascending id, as the lines are: two orders that want the same things wait for each other and never deadlock.
    for (const { product, quantity } of priced.lines) await this.#stock.take(product.id, quantity);
    const orderId = await this.#orders.place({
      customerId,
      checkoutToken,
      shippingCents: priced.shippingCents,
      totalCents: priced.totalCents,
      address,
      lines: priced.lines.map(({ product, quantity }) => ({
        productId: product.id,
        name: product.name,
        picture: product.picture,
        unitCents: product.priceCents,
        quantity,
      })),
    });
    await this.#addresses.set(String(customerId), address);
    return { outcome: "placed", orderId };
  }
}
