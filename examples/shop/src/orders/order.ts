import type { Address } from "../customers/customer.js";
import type { Cents } from "../web/money.js";

export interface OrderLine {
  readonly productId: number;
  /** Name and price at the time of the order. */
  readonly name: string;
  readonly picture: string;
  readonly unitCents: Cents;
  readonly quantity: number;
}

export interface Order {
  readonly id: number;
  readonly customerId: number;
  /** Unix time in milliseconds. */
  readonly createdAtMs: number;
  readonly shippingCents: Cents;
  /** Goods and shipping. */
  readonly totalCents: Cents;
  readonly address: Address;
  readonly lines: readonly OrderLine[];
}

/** An order in a list. */
export type OrderSummary = Pick<Order, "id" | "createdAtMs" | "totalCents"> & { readonly pieces: number };

/** The number that customers know an order by. */
export function orderNumber(id: number): string {
  return `LL-${String(10_000 + id)}`;
}
