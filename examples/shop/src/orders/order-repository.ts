import type { TieredStore } from "@aside/core";
import { Cached, cacheKey, Persisted } from "@aside/decorators";
import type { KnexDatabase } from "@aside/knex";
import { inject, injectable } from "inversify";
import type { Address } from "../customers/customer.js";
import { insertedId } from "../data/inserted-id.js";
import { DATABASE, ORDER_LISTS, ORDERS } from "../wiring/tokens.js";
import type { Order, OrderLine, OrderSummary } from "./order.js";

/** An order that is about to be placed. */
export type NewOrder = Omit<Order, "id" | "createdAtMs"> & {
  /** Of the form it came with: a form that is sent twice makes one order. */
  readonly checkoutToken: string;
};

interface OrderRow {
  readonly checkout_token: string;
  readonly id: number;
  readonly customer_id: number;
  readonly created_at_ms: number;
  readonly shipping_cents: number;
  readonly total_cents: number;
  readonly address: string;
}

interface LineRow {
  readonly order_id: number;
  readonly product_id: number;
  readonly name: string;
  readonly picture: string;
  readonly unit_cents: number;
  readonly quantity: number;
}

/** Orders in the tables `orders` and `order_lines`. */
@injectable()
export class OrderRepository {
  readonly #database: KnexDatabase;
  private readonly orders: TieredStore<Order>;
  private readonly lists: TieredStore<readonly OrderSummary[]>;

  constructor(
    @inject(DATABASE) database: KnexDatabase,
    @inject(ORDERS) orders: TieredStore<Order>,
    @inject(ORDER_LISTS) lists: TieredStore<readonly OrderSummary[]>,
  ) {
    this.#database = database;
    this.orders = orders;
    this.lists = lists;
  }

  @Cached({ store: (self: OrderRepository) => self.orders, name: "order", key: (id: number) => id })
  async byId(id: number): Promise<Order | undefined> {
    const sql = this.#database.reader();
    const row = await sql<OrderRow>("orders").where({ id }).first();
    if (row === undefined) return undefined;
    const lines = await sql<LineRow>("order_lines").where({ order_id: id }).orderBy("line");
    return orderOf(row, lines);
  }

  /** The orders of a customer, newest first. */
  @Cached({
    store: (self: OrderRepository) => self.lists,
    name: "orders.of",
    key: (customerId: number) => customerId,
  })
  async ofCustomer(customerId: number): Promise<readonly OrderSummary[]> {
    const rows: readonly (OrderRow & { readonly pieces: number | string })[] = await this.#database
      .reader()("orders")
      .leftJoin("order_lines", "order_lines.order_id", "orders.id")
      .where({ customer_id: customerId })
      .groupBy("orders.id", "created_at_ms", "total_cents")
      .orderBy("orders.id", "desc")
      .limit(100)
      .select("orders.id", "created_at_ms", "total_cents")
      .sum({ pieces: "quantity" });
    return rows.map(({ id, created_at_ms, total_cents, pieces }) => ({
      id,
      createdAtMs: created_at_ms,
      totalCents: total_cents,
      pieces: Number(pieces),
    }));
  }

  /** The order that a customer's checkout form made; `undefined` when it was not sent yet. */
  async idOfCheckout(customerId: number, checkoutToken: string): Promise<number | undefined> {
    const row = await this.#database
      .reader()<OrderRow>("orders")
      .where({ customer_id: customerId, checkout_token: checkoutToken })
      .first("id");
    return row?.id;
  }

  /** Writes an order and its lines. @returns its id. */
  @Persisted({
    store: (self: OrderRepository) => self.orders,
    keysFromResult: (id: number) => cacheKey("order", id),
  })
  @Persisted({
    store: (self: OrderRepository) => self.lists,
    keys: ({ customerId }: NewOrder) => cacheKey("orders.of", customerId),
  })
  async place(order: NewOrder): Promise<number> {
    const sql = this.#database.connection();
    const id = insertedId(
      await sql("orders").insert({
        customer_id: order.customerId,
        checkout_token: order.checkoutToken,
        created_at_ms: Date.now(),
        shipping_cents: order.shippingCents,
        total_cents: order.totalCents,
        address: JSON.stringify(order.address),
      }),
    );
    await sql("order_lines").insert(
      order.lines.map(({ productId, name, picture, unitCents, quantity }, line) => ({
        order_id: id,
        line,
        product_id: productId,
        name,
        picture,
        unit_cents: unitCents,
        quantity,
      })),
    );
    return id;
  }
}

function orderOf(row: OrderRow, lines: readonly LineRow[]): Order {
  return {
    id: row.id,
    customerId: row.customer_id,
    createdAtMs: row.created_at_ms,
    shippingCents: row.shipping_cents,
    totalCents: row.total_cents,
    address: JSON.parse(row.address) as Address,
    lines: lines.map(
      ({ product_id, name, picture, unit_cents, quantity }): OrderLine => ({
        productId: product_id,
        name,
        picture,
        unitCents: unit_cents,
        quantity,
      }),
    ),
  };
}
