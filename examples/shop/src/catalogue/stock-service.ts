import type { TieredStore } from "@aside/core";
import { inject, injectable } from "inversify";
import { STOCK } from "../wiring/tokens.js";

/** There is less of a product than somebody wants. */
export class OutOfStockError extends Error {
  readonly productId: number;
  /** How many are left. */
  readonly left: number;

  constructor(productId: number, left: number) {
    super("Not enough in stock");
    this.name = "OutOfStockError";
    this.productId = productId;
    this.left = left;
  }
}

/** How many of each product are left: plain values in a store, by product id. */
@injectable()
export class StockService {
  readonly #stock: TieredStore<number>;

  constructor(@inject(STOCK) stock: TieredStore<number>) {
    this.#stock = stock;
  }

  async left(productId: number): Promise<number> {
    return (await this.#stock.get(String(productId))) ?? 0;
  }

  /** How many are left of each product, in one look at the cache. */
  async leftOf(productIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const found = await this.#stock.getMany(productIds.map(String));
    return new Map(productIds.map((id) => [id, found.get(String(id)) ?? 0]));
  }

  /**
   * Takes pieces out of the stock. The row stays locked to the end of the surrounding transaction, so two customers never get the same piece.
   * @throws {OutOfStockError} when there are not enough.
   */
  async take(productId: number, quantity: number): Promise<void> {
    await this.#stock.update(String(productId), (left = 0) => {
      if (left < quantity) throw new OutOfStockError(productId, left);
      return left - quantity;
    });
  }

  /** Runs `work` in one transaction of the database: its SQL and its changes of the stock commit together or not at all. */
  together<T>(work: () => Promise<T>): Promise<T> {
    return this.#stock.transaction(work);
  }
}
