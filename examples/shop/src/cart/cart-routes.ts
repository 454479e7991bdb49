import { type Request, type Response, Router } from "express";
import { inject, injectable } from "inversify";
import { ProductRepository } from "../catalogue/product-repository.js";
import { field, wholeNumber } from "../web/form.js";
import { notFound } from "../web/http-error.js";
import { layout } from "../web/layout.js";
import { saveSession } from "../web/session.js";
import { Visits, withNotice } from "../web/visit.js";
import { addToCart, withQuantity } from "./cart.js";
import { cartPage } from "./cart-page.js";
import { CartService } from "./cart-service.js";

/** The cart and what changes it. */
@injectable()
export class CartRoutes {
  readonly #carts: CartService;
  readonly #products: ProductRepository;
  readonly #visits: Visits;

  constructor(
    @inject(CartService) carts: CartService,
    @inject(ProductRepository) products: ProductRepository,
    @inject(Visits) visits: Visits,
  ) {
    this.#carts = carts;
    this.#products = products;
    this.#visits = visits;
  }

  router(): Router {
    return Router()
      .get("/cart", (req, res) => this.#show(req, res))
      .post("/cart/add", (req, res) => this.#add(req, res))
      .post("/cart/update", (req, res) => this.#update(req, res));
  }

  async #show(req: Request, res: Response): Promise<void> {
    const [visit, cart] = await Promise.all([
      this.#visits.of(req),
      this.#carts.priced(req.session.cartLines),
    ]);
    res.send(layout(visit, cartPage(visit, cart)));
  }

  async #add(req: Request, res: Response): Promise<void> {
    const id = wholeNumber(field(req, "product", 9));
    const quantity = wholeNumber(field(req, "quantity", 9)) ?? 1;
    if (id === undefined || (await this.#products.byId(id)) === undefined) throw notFound();
    req.session.cartLines = addToCart(req.session.cartLines, id, quantity);
    await saveSession(req);
    res.redirect(303, withNotice("/cart", "added"));
  }

  async #update(req: Request, res: Response): Promise<void> {
    const id = wholeNumber(field(req, "product", 9));
    const quantity = wholeNumber(field(req, "quantity", 9));
    if (id === undefined || quantity === undefined) throw notFound();
    // Only what is there already: a new product comes in by way of its page.
    if (req.session.cartLines?.[id] !== undefined)
      req.session.cartLines = withQuantity(req.session.cartLines, id, quantity);
    await saveSession(req);
    res.redirect(303, withNotice("/cart", "cart"));
  }
}
