import { randomUUID } from "node:crypto";
import { type Request, type Response, Router } from "express";
import { inject, injectable } from "inversify";
import { CartService } from "../cart/cart-service.js";
import { ProductRepository } from "../catalogue/product-repository.js";
import { type Address, type Customer, countries } from "../customers/customer.js";
import { field, wholeNumber } from "../web/form.js";
import { notFound } from "../web/http-error.js";
import { layout } from "../web/layout.js";
import { saveSession } from "../web/session.js";
import { Visits, withNotice } from "../web/visit.js";
import { type CheckoutResult, CheckoutService } from "./checkout-service.js";
import { checkoutPage, orderPage, ordersPage } from "./order-pages.js";
import { OrderRepository } from "./order-repository.js";

/** Checkout and the orders of a customer. All of it needs a log-in. */
@injectable()
export class OrderRoutes {
  readonly #visits: Visits;
  readonly #carts: CartService;
  readonly #checkout: CheckoutService;
  readonly #orders: OrderRepository;
  readonly #products: ProductRepository;

  constructor(
    @inject(Visits) visits: Visits,
    @inject(CartService) carts: CartService,
    @inject(CheckoutService) checkout: CheckoutService,
    @inject(OrderRepository) orders: OrderRepository,
    @inject(ProductRepository) products: ProductRepository,
  ) {
    this.#visits = visits;
    this.#carts = carts;
    this.#checkout = checkout;
    this.#orders = orders;
    this.#products = products;
  }

  router(): Router {
    return Router()
      .get("/checkout", (req, res) =>
        this.#loggedIn(req, res, (customer) => this.#showCheckout(req, res, customer)),
      )
      .post("/checkout", (req, res) =>
        this.#loggedIn(req, res, (customer) => this.#checkOut(req, res, customer)),
      )
      .get("/orders", (req, res) => this.#loggedIn(req, res, (customer) => this.#list(req, res, customer)))
      .get("/orders/:id", (req, res) =>
        this.#loggedIn(req, res, (customer) => this.#show(req, res, customer)),
      );
  }

  /** Goes on with the customer, or sends a guest to the log-in and back here. */
  async #loggedIn(req: Request, res: Response, go: (customer: Customer) => Promise<void>): Promise<void> {
    const customer = await this.#visits.customerOf(req);
    if (customer === undefined) res.redirect(303, `/login?next=${encodeURIComponent(req.path)}`);
    else await go(customer);
  }

  async #showCheckout(req: Request, res: Response, customer: Customer): Promise<void> {
    const last = await this.#checkout.lastAddress(customer.id);
    await this.#sendForm(req, res, last ?? emptyAddress(customer), randomUUID());
  }

  async #checkOut(req: Request, res: Response, customer: Customer): Promise<void> {
    const address = addressOf(req);
    const token = field(req, "token", 36);
    const agreedCents = wholeNumber(field(req, "agreed", 9));
    if (!/^[0-9a-f-]{36}$/.test(token) || agreedCents === undefined) throw notFound();
    if (Object.values(address).includes("")) {
      await this.#sendForm(req, res, address, token, "Please fill in the whole address.");
      return;
    }
    const result = await this.#checkout.checkOut({
      customerId: customer.id,
      cart: req.session.cartLines,
      address,
      agreedCents,
      checkoutToken: token,
    });
    if (result.outcome !== "placed") {
      await this.#sendForm(req, res, address, token, await this.#problemOf(result));
      return;
    }
    delete req.session.cartLines;
    await saveSession(req);
    res.redirect(303, withNotice(`/orders/${result.orderId}`, "ordered"));
  }

  /** The form with today's prices; the cart instead, when there is nothing to check out. */
  async #sendForm(
    req: Request,
    res: Response,
    address: Address,
    checkoutToken: string,
    problem?: string,
  ): Promise<void> {
    const [visit, cart] = await Promise.all([
      this.#visits.of(req),
      this.#carts.priced(req.session.cartLines),
    ]);
    if (cart.lines.length === 0) {
      res.redirect(303, "/cart");
      return;
    }
    const page = checkoutPage(visit, cart, { address, checkoutToken, problem });
    res.status(problem === undefined ? 200 : 422).send(layout(visit, page));
  }

  async #problemOf(result: Exclude<CheckoutResult, { outcome: "placed" }>): Promise<string> {
    if (result.outcome === "out-of-stock") {
      const product = await this.#products.byId(result.productId);
      const name = product?.name ?? "an article";
      return result.left === 0
        ? `Sorry, “${name}” has just sold out.`
        : `Sorry, only ${result.left} of “${name}” are left.`;
    }
    return "A price changed while you were here. Please look at the new total before you order.";
  }

  async #list(req: Request, res: Response, customer: Customer): Promise<void> {
    const [visit, orders] = await Promise.all([this.#visits.of(req), this.#orders.ofCustomer(customer.id)]);
    res.send(layout(visit, ordersPage(orders)));
  }

  async #show(req: Request, res: Response, customer: Customer): Promise<void> {
    const id = wholeNumber(String(req.params["id"]));
    const [visit, order] = await Promise.all([
      this.#visits.of(req),
      id === undefined ? undefined : this.#orders.byId(id),
    ]);
    // Somebody else's order is as absent as one that never was.
    if (order === undefined || order.customerId !== customer.id) throw notFound();
    res.send(layout(visit, orderPage(order)));
  }
}

function addressOf(req: Request): Address {
  const country = field(req, "country", 40);
  return {
    name: field(req, "name", 80),
    street: field(req, "street", 120),
    postcode: field(req, "postcode", 16),
    city: field(req, "city", 80),
    country: countries.find((each) => each === country) ?? "",
  };
}

function emptyAddress(customer: Customer): Address {
  return { name: customer.name, street: "", postcode: "", city: "", country: countries[0] };
}
