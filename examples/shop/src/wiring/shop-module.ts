import type { Router } from "express";
import { ContainerModule, type Newable } from "inversify";
import { AdminRoutes } from "../admin/admin-routes.js";
import { CartRoutes } from "../cart/cart-routes.js";
import { CartService } from "../cart/cart-service.js";
import { CatalogueRoutes } from "../catalogue/catalogue-routes.js";
import { CatalogueService } from "../catalogue/catalogue-service.js";
import { ProductRepository } from "../catalogue/product-repository.js";
import { StockService } from "../catalogue/stock-service.js";
import { AccountRoutes } from "../customers/account-routes.js";
import { AccountService } from "../customers/account-service.js";
import { CustomerRepository } from "../customers/customer-repository.js";
import { CheckoutService } from "../orders/checkout-service.js";
import { OrderRepository } from "../orders/order-repository.js";
import { OrderRoutes } from "../orders/order-routes.js";
import { SettingsService } from "../settings/settings-service.js";
import { Visits } from "../web/visit.js";

/** What takes requests. */
interface Routes {
  router(): Router;
}

/** In the order in which they are asked. */
export const shopRoutes: readonly Newable<Routes>[] = [
  CatalogueRoutes,
  CartRoutes,
  AccountRoutes,
  OrderRoutes,
  AdminRoutes,
];

const services: readonly Newable<object>[] = [
  ...shopRoutes,
  AccountService,
  CartService,
  CatalogueService,
  CheckoutService,
  CustomerRepository,
  OrderRepository,
  ProductRepository,
  SettingsService,
  StockService,
  Visits,
];

/** The shop's own services, one of each. What they ask for by `@inject` comes from here and from the stores. */
export const shopModule: ContainerModule = new ContainerModule(({ bind }) => {
  for (const service of services) bind(service).toSelf().inSingletonScope();
});
