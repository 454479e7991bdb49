import { randomUUID } from "node:crypto";
import { type MariaDbServer, startMariaDb } from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { CartLines } from "../cart/cart.js";
import { CartService } from "../cart/cart-service.js";
import { ProductRepository } from "../catalogue/product-repository.js";
import { StockService } from "../catalogue/stock-service.js";
import type { Address } from "../customers/customer.js";
import { CustomerRepository } from "../customers/customer-repository.js";
import { openTestShop, type TestShop } from "../testing/open-test-shop.js";
import { type CheckoutRequest, type CheckoutResult, CheckoutService } from "./checkout-service.js";
import { OrderRepository } from "./order-repository.js";

const address: Address = {
  name: "Ada",
  street: "12 Quay Street",
  postcode: "H91",
  city: "Galway",
  country: "Ireland",
};

function checkoutBehaviour(open: () => Promise<TestShop>): void {
  let shop: TestShop;
  let checkout: CheckoutService;
  let carts: CartService;
  let orders: OrderRepository;
  let products: ProductRepository;
  let stock: StockService;
  /** Product ids; each test takes its own. */
  let nextProduct = 10;

  beforeAll(async () => {
    shop = await open();
    checkout = shop.container.get(CheckoutService);
    carts = shop.container.get(CartService);
    orders = shop.container.get(OrderRepository);
    products = shop.container.get(ProductRepository);
    stock = shop.container.get(StockService);
  }, 60_000);
  afterAll(() => shop?.close());

  /** A product of which the shop has `left`. */
  async function productWith(left: number): Promise<number> {
    for (;;) {
      const id = nextProduct++;
      const has = await stock.left(id);
      if (has < left) continue;
      await stock.take(id, has - left);
      return id;
    }
  }

  async function requestFor(customerId: number, cart: CartLines): Promise<CheckoutRequest> {
    const { totalCents } = await carts.priced(cart);
    return { customerId, cart, address, agreedCents: totalCents, checkoutToken: randomUUID() };
  }

  const outcomes = (results: readonly CheckoutResult[]): string[] =>
    results.map(({ outcome }) => outcome).sort();

  it("writes order, lines, stock and address, and every reader sees them at once", async () => {
    const [one, two] = [await productWith(4), await productWith(4)];
    expect(await orders.ofCustomer(1)).toEqual([]);
    const request = await requestFor(1, { [one]: 3, [two]: 1 });
    const result = await checkout.checkOut(request);
    expect(result).toMatchObject({ outcome: "placed" });
    const id = result.outcome === "placed" ? result.orderId : -1;
    expect(await orders.byId(id)).toMatchObject({
      customerId: 1,
      totalCents: request.agreedCents,
      address,
      lines: [
        { productId: one, quantity: 3 },
        { productId: two, quantity: 1 },
      ],
    });
    expect(await orders.ofCustomer(1)).toMatchObject([{ id, totalCents: request.agreedCents, pieces: 4 }]);
    expect(await stock.leftOf([one, two])).toEqual(
      new Map([
        [one, 1],
        [two, 3],
      ]),
    );
    expect(await checkout.lastAddress(1)).toEqual(address);
  });

  it("gives the last piece to one of two who want it at the same time", async () => {
    const id = await productWith(1);
    const requests = [await requestFor(1, { [id]: 1 }), await requestFor(2, { [id]: 1 })];
    const results = await Promise.all(requests.map((request) => checkout.checkOut(request)));
    expect(outcomes(results)).toEqual(["out-of-stock", "placed"]);
    expect(await stock.left(id)).toBe(0);
  });

  it("makes one order of a form that is sent three times at once", async () => {
    const id = await productWith(9);
    const request = await requestFor(2, { [id]: 2 });
    const before = (await orders.ofCustomer(2))?.length ?? 0;
    const results = await Promise.all([1, 2, 3].map(() => checkout.checkOut(request)));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(outcomes(results)).toEqual(["placed", "placed", "placed"]);
    expect(await orders.ofCustomer(2)).toHaveLength(before + 1);
    expect(await stock.left(id)).toBe(7);
  });

  it("changes nothing when one of several things is sold out", async () => {
    const [plenty, none] = [await productWith(5), await productWith(0)];
    const before = await orders.ofCustomer(1);
    const result = await checkout.checkOut(await requestFor(1, { [plenty]: 1, [none]: 1 }));
    expect(result).toEqual({ outcome: "out-of-stock", productId: none, left: 0 });
    expect(await stock.left(plenty)).toBe(5);
    expect(await orders.ofCustomer(1)).toEqual(before);
  });

  it("asks again when a price changed since the customer saw the total", async () => {
    const id = await productWith(5);
    const request = await requestFor(1, { [id]: 1 });
    await products.changePrice(id, 12_345);
    expect(await checkout.checkOut(request)).toEqual({ outcome: "repriced" });
    expect(await stock.left(id)).toBe(5);
    expect(await checkout.checkOut(await requestFor(1, { [id]: 1 }))).toMatchObject({ outcome: "placed" });
  });

  it("takes no order for an empty cart", async () => {
    expect(await checkout.checkOut(await requestFor(1, {}))).toEqual({ outcome: "empty" });
  });

  it("lets many buy many things at once, in any order, without losing a piece", async () => {
    const ids = [await productWith(4), await productWith(4), await productWith(4)];
    const carts = Array.from({ length: 9 }, (_, i) =>
      Object.fromEntries(ids.map((_id, j) => [ids[(i + j) % 3] as number, 1])),
    );
    const requests = await Promise.all(carts.map((cart, i) => requestFor(1 + (i % 2), cart)));
    const results = await Promise.all(requests.map((request) => checkout.checkOut(request)));
    expect(outcomes(results).filter((outcome) => outcome === "placed")).toHaveLength(4);
    expect([...(await stock.leftOf(ids)).values()]).toEqual([0, 0, 0]);
  });

  it("opens one account for an address that registers twice at once", async () => {
    const customers = shop.container.get(CustomerRepository);
    const twin = { email: "twin@example.com", name: "Twin", passwordHash: "scrypt:none" };
    const ids = await Promise.all([customers.register(twin), customers.register(twin)]);
    const opened = ids.filter((id) => id !== undefined);
    expect(opened).toHaveLength(1);
    expect(await customers.byId(opened[0] as number)).toMatchObject({ name: "Twin", role: "customer" });
  });

  it("keeps listings in the order of prices that change", async () => {
    const listing = { category: "plants", sort: "price-low" } as const;
    const last = (await products.list(listing))?.at(-1) as number;
    await products.changePrice(last, 1);
    expect((await products.list(listing))?.[0]).toBe(last);
    expect((await products.list({ category: "all", sort: "price-low" }))?.[0]).toBe(last);
    expect((await products.byId(last))?.priceCents).toBe(1);
    expect(await products.changePrice(999_999, 1)).toBeUndefined();
  });
}

describe("checkout on SQLite", () => checkoutBehaviour(() => openTestShop()));

describeWithServers(["mariadb"], "checkout on MariaDB", () => {
  let mariadb: MariaDbServer | undefined;

  checkoutBehaviour(async () => {
    mariadb = await startMariaDb();
    return openTestShop(mariadb.url);
  });
  // After the shop was closed: hooks run in the order in which they are written.
  afterAll(() => mariadb?.stop());
});
