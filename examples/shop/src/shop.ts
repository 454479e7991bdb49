import { AsideSessionStore } from "@aside/session/express";
import type { RequestHandler } from "express";
import session from "express-session";
import type { ShopConfig } from "./config/shop-config.js";
import { sessionSecret } from "./data/session-secret.js";
import { shopApplication } from "./web/application.js";
import { listen } from "./web/listen.js";
import { listenForReads } from "./web/provenance.js";
import { Visits } from "./web/visit.js";
import { type OpenShop, openShop } from "./wiring/open-shop.js";
import { shopRoutes } from "./wiring/shop-module.js";
import { DATABASE, SESSIONS } from "./wiring/tokens.js";

const DAY_MS = 86_400_000;

/** A shop that takes requests. */
export interface RunningShop {
  readonly url: string;
  /** Ends requests, stores, cache and database, in this order. */
  close(): Promise<void>;
}

/**
 * Opens the shop.
 * @throws {ConfigError} for settings that do not work.
 */
export async function startShop(config: ShopConfig): Promise<RunningShop> {
  const shop = await openShop(config);
  const stopListening = listenForReads();
  try {
    const { container } = shop;
    const routers = shopRoutes.map((routes) => container.get(routes).router());
    const app = shopApplication(await sessions(shop, config), routers, container.get(Visits));
    const server = await listen(app, config.host, config.port);
    return {
      url: server.url,
      close: async () => {
        await server.close(2_000);
        stopListening();
        await shop.close();
      },
    };
  } catch (error) {
    stopListening();
    await shop.close().catch(() => undefined);
    throw error;
  }
}

async function sessions({ container }: OpenShop, config: ShopConfig): Promise<RequestHandler> {
  return session({
    store: new AsideSessionStore({ store: container.get(SESSIONS), ttlMs: 14 * DAY_MS }),
    name: "shop.sid",
    secret: config.sessionSecret ?? (await sessionSecret(container.get(DATABASE).connection())),
    resave: false,
    // Who only looks around gets no session and no cookie.
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax", secure: "auto", maxAge: 14 * DAY_MS },
  });
}
