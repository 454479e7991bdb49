import { type NextFunction, type Request, type Response, Router } from "express";
import { inject, injectable } from "inversify";
import { selectionOf } from "../catalogue/catalogue-routes.js";
import { CatalogueService } from "../catalogue/catalogue-service.js";
import { ProductRepository } from "../catalogue/product-repository.js";
import { SettingsService } from "../settings/settings-service.js";
import { field, localPath, wholeNumber } from "../web/form.js";
import { forbidden, notFound } from "../web/http-error.js";
import { layout } from "../web/layout.js";
import { parseCents } from "../web/money.js";
import { Visits, withNotice } from "../web/visit.js";
import { adminPage } from "./admin-page.js";

const PER_PAGE = 20;
const badPrice = "A price is an amount such as 12.50, from 0.01 to 999999.99.";

/** Prices and settings, for shopkeepers. */
@injectable()
export class AdminRoutes {
  readonly #visits: Visits;
  readonly #catalogue: CatalogueService;
  readonly #products: ProductRepository;
  readonly #settings: SettingsService;

  constructor(
    @inject(Visits) visits: Visits,
    @inject(CatalogueService) catalogue: CatalogueService,
    @inject(ProductRepository) products: ProductRepository,
    @inject(SettingsService) settings: SettingsService,
  ) {
    this.#visits = visits;
    this.#catalogue = catalogue;
    this.#products = products;
    this.#settings = settings;
  }

  router(): Router {
    return Router()
      .use("/admin", (req, res, next) => this.#onlyAdmins(req, res, next))
      .get("/admin", (req, res) => this.#show(req, res))
      .post("/admin/prices/:id", (req, res) => this.#changePrice(req, res))
      .post("/admin/settings", (req, res) => this.#changeSettings(req, res));
  }

  async #onlyAdmins(req: Request, res: Response, next: NextFunction): Promise<void> {
    const customer = await this.#visits.customerOf(req);
    if (customer === undefined) res.redirect(303, "/login?next=/admin");
    else if (customer.role !== "admin") next(forbidden("This desk is for the shopkeeper."));
    else next();
  }

  async #show(req: Request, res: Response, problem?: string): Promise<void> {
    const selection = selectionOf(req);
    const [visit, slice] = await Promise.all([
      this.#visits.of(req),
      this.#catalogue.select(selection, PER_PAGE),
    ]);
    res
      .status(problem === undefined ? 200 : 422)
      .send(layout(visit, adminPage(visit, selection, slice, problem)));
  }

  async #changePrice(req: Request, res: Response): Promise<void> {
    const id = wholeNumber(String(req.params["id"]));
    const price = parseCents(field(req, "price", 12));
    if (id === undefined) throw notFound();
    if (price === undefined || price === 0) {
      await this.#show(req, res, badPrice);
      return;
    }
    if ((await this.#products.changePrice(id, price)) === undefined) throw notFound();
    res.redirect(303, withNotice(localPath(field(req, "back", 200), "/admin"), "price"));
  }

  async #changeSettings(req: Request, res: Response): Promise<void> {
    const shippingCents = parseCents(field(req, "shipping", 12));
    const freeShippingFromCents = parseCents(field(req, "freeFrom", 12));
    if (shippingCents === undefined || freeShippingFromCents === undefined) {
      await this.#show(req, res, badPrice);
      return;
    }
    await this.#settings.change({
      announcement: field(req, "announcement", 160),
      shippingCents,
      freeShippingFromCents,
    });
    res.redirect(303, withNotice("/admin", "settings"));
  }
}
