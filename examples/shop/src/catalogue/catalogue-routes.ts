import { type Request, type Response, Router } from "express";
import { inject, injectable } from "inversify";
import { queryText, wholeNumber } from "../web/form.js";
import { notFound } from "../web/http-error.js";
import { layout } from "../web/layout.js";
import { Visits } from "../web/visit.js";
import { cataloguePage } from "./catalogue-page.js";
import { CatalogueService, type Selection } from "./catalogue-service.js";
import { categoryOf } from "./category.js";
import { sortOf } from "./listing.js";
import { productPath } from "./product.js";
import { productPage } from "./product-page.js";

const PER_PAGE = 24;

/** Catalogue and product pages. */
@injectable()
export class CatalogueRoutes {
  readonly #catalogue: CatalogueService;
  readonly #visits: Visits;

  constructor(@inject(CatalogueService) catalogue: CatalogueService, @inject(Visits) visits: Visits) {
    this.#catalogue = catalogue;
    this.#visits = visits;
  }

  router(): Router {
    return Router()
      .get("/", (req, res) => this.#list(req, res))
      .get("/products/:address", (req, res) => this.#show(req, res));
  }

  async #list(req: Request, res: Response): Promise<void> {
    const selection = selectionOf(req);
    const [visit, slice] = await Promise.all([
      this.#visits.of(req),
      this.#catalogue.select(selection, PER_PAGE),
    ]);
    res.send(layout(visit, cataloguePage(selection, slice)));
  }

  async #show(req: Request, res: Response): Promise<void> {
    const id = wholeNumber(/^(\d+)(?:-|$)/.exec(String(req.params["address"]))?.[1]);
    const [visit, offer] = await Promise.all([
      this.#visits.of(req),
      id === undefined ? undefined : this.#catalogue.offer(id),
    ]);
    if (offer === undefined) throw notFound();
    const address = productPath(offer.product);
    if (req.path !== address) {
      res.redirect(301, address);
      return;
    }
    const related = await this.#catalogue.related(offer.product, 4);
    res.send(layout(visit, productPage(visit, offer, related)));
  }
}

/** What the query asks to see. */
export function selectionOf(req: Request): Selection {
  return {
    category: categoryOf(queryText(req, "category", 20))?.id ?? "all",
    sort: sortOf(queryText(req, "sort", 20)),
    text: queryText(req, "q", 60),
    page: wholeNumber(queryText(req, "page", 9)) ?? 1,
  };
}
