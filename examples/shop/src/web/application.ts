import { fileURLToPath } from "node:url";
import type { Router } from "express";
import express, { type Express, type RequestHandler } from "express";
import { pictureRoutes } from "../pictures/picture-routes.js";
import { checkCsrf } from "./check-csrf.js";
import { errorPages, noSuchPage } from "./error-pages.js";
import { recordProvenance } from "./provenance.js";
import { securityHeaders } from "./security-headers.js";
import { publicFolder } from "./stylesheet.js";
import type { Visits } from "./visit.js";

/** Puts the shop's requests on their way, outermost first. */
export function shopApplication(
  sessions: RequestHandler,
  routers: readonly Router[],
  visits: Visits,
): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", "simple");
  app.use(securityHeaders);
  // Files and pictures come first: they need no session.
  app.use(
    "/assets/:version",
    express.static(fileURLToPath(publicFolder), { immutable: true, maxAge: "1y", index: false }),
  );
  app.get("/favicon.svg", (_req, res) =>
    res.sendFile("favicon.svg", { root: fileURLToPath(publicFolder), maxAge: "1d" }),
  );
  app.use(pictureRoutes());
  // Before the sessions, so that reading one counts among the reads of its page.
  app.use(recordProvenance);
  app.use(sessions);
  app.use(express.urlencoded({ extended: false, limit: "16kb", parameterLimit: 50 }));
  app.use(checkCsrf);
  app.use(...routers);
  app.use(noSuchPage);
  app.use(errorPages(visits));
  return app;
}
