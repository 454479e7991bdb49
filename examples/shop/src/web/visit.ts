import type { Request } from "express";
import { inject, injectable } from "inversify";
import { cartSize } from "../cart/cart.js";
import type { Customer } from "../customers/customer.js";
import { CustomerRepository } from "../customers/customer-repository.js";
import { SettingsService } from "../settings/settings-service.js";
import { defaultSettings, type ShopSettings } from "../settings/shop-settings.js";
import { newCsrfToken } from "./csrf.js";
import { type NoticeName, noticeText } from "./notices.js";
import "./session.js";

/** What every page knows of the person who looks at it. */
export interface Visit {
  /** Who is logged in. */
  readonly customer: Customer | undefined;
  readonly settings: ShopSettings;
  /** How many things are in the cart. */
  readonly cartCount: number;
  /** Path of the page, without its query. */
  readonly path: string;
  /** A line about what just happened. */
  readonly notice: string | undefined;
  /** The session's form token, made at the first call: visitors who see no form get no session. */
  csrfToken(): string;
}

/** Finds out who is visiting. */
@injectable()
export class Visits {
  readonly #customers: CustomerRepository;
  readonly #settings: SettingsService;

  constructor(
    @inject(CustomerRepository) customers: CustomerRepository,
    @inject(SettingsService) settings: SettingsService,
  ) {
    this.#customers = customers;
    this.#settings = settings;
  }

  async of(req: Request): Promise<Visit> {
    const { customerId } = req.session;
    const [customer, settings] = await Promise.all([
      customerId === undefined ? undefined : this.#customers.byId(customerId),
      this.#settings.current(),
    ]);
    return visit(req, customer, settings);
  }

  /** The customer who is logged in; `undefined` for a guest. */
  async customerOf(req: Request): Promise<Customer | undefined> {
    const { customerId } = req.session;
    return customerId === undefined ? undefined : this.#customers.byId(customerId);
  }
}

/** A visit about which nothing was looked up, for pages that must not fail. */
export function plainVisit(req: Request): Visit {
  return visit(req, undefined, defaultSettings);
}

function visit(req: Request, customer: Customer | undefined, settings: ShopSettings): Visit {
  // Without a session (it could not be read) a page can still be shown.
  const session = req.session as Request["session"] | undefined;
  return {
    customer,
    settings,
    cartCount: cartSize(session?.cartLines),
    path: req.path,
    notice: noticeText(req.query["notice"]),
    csrfToken: () => {
      if (session === undefined) return "";
      session.csrfToken ??= newCsrfToken();
      return session.csrfToken;
    },
  };
}

/** A local path with a notice for the next page. */
export function withNotice(path: string, notice: NoticeName): string {
  return `${path}${path.includes("?") ? "&" : "?"}notice=${notice}`;
}
