import type { NextFunction, Request, Response } from "express";
import { CSRF_FIELD, csrfTokenMatches } from "./csrf.js";
import { forbidden } from "./http-error.js";
import "./session.js";

/** Express middleware: refuses every request that could change something and does not come from a form of this very session. */
export function checkCsrf(req: Request, _res: Response, next: NextFunction): void {
  if (req.method === "GET" || req.method === "HEAD") {
    next();
    return;
  }
  const body = req.body as Record<string, unknown> | undefined;
  if (!csrfTokenMatches(req.session.csrfToken, body?.[CSRF_FIELD])) {
    throw forbidden("This form is from another visit. Please go back, reload the page and send it again.");
  }
  next();
}
