import type { ErrorRequestHandler, NextFunction, Request, Response } from "express";
import { isDatabaseAway } from "../data/database-away.js";
import { describeError } from "./error-log.js";
import { html } from "./html.js";
import { HttpError, notFound } from "./http-error.js";
import { layout } from "./layout.js";
import { plainVisit, type Visit, type Visits } from "./visit.js";

/** Express handler for addresses that nothing else answers. */
export function noSuchPage(_req: Request, _res: Response): never {
  throw notFound();
}

/** Express error handler: a page in the shop's own words, and the error in the log. (Express knows it by its four parameters.) */
export function errorPages(visits: Visits): ErrorRequestHandler {
  return async (error: unknown, req: Request, res: Response, next: NextFunction): Promise<void> => {
    const answer = asHttpError(error);
    if (answer.status >= 500) console.error(`Shop: ${req.method} ${answer.status}: ${describeError(error)}`);
    if (res.headersSent) {
      next(error);
      return;
    }
    if (answer.status === 503) res.set("Retry-After", "5");
    const body = html`<section class="plain"><p class="big">${answer.status}</p><h1>${answer.title}</h1><p>${answer.message}</p><p><a class="button" href="/">Back to the shop</a></p></section>`;
    const visit = await visitOf(req, answer, visits);
    res.status(answer.status).send(layout(visit, { title: answer.title, body }));
  };
}

/** After a failure of the shop nothing is looked up: the page must be shown while the database is away. */
async function visitOf(req: Request, answer: HttpError, visits: Visits): Promise<Visit> {
  if (answer.status >= 500) return plainVisit(req);
  return visits.of(req).catch(() => plainVisit(req));
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (isDatabaseAway(error)) {
    return new HttpError(
      503,
      "One moment",
      "We cannot reach our stockroom just now. Please try again in a few seconds.",
    );
  }
  // Errors of Express and its body parser: a malformed URL or form, one that is too large.
  const status = (error as { status?: unknown } | undefined)?.status;
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new HttpError(status, "That did not work", "The shop could not make sense of this request.");
  }
  return new HttpError(
    500,
    "Something fell off a shelf",
    "This is our fault, and it has been noted. Please try again.",
  );
}
