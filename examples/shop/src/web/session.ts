import type { Request } from "express";
import type {} from "express-session"; // for the declaration below
import type { CartLines } from "../cart/cart.js";

declare module "express-session" {
  /** One concern per field: the session store joins concurrent requests field by field. */
  interface SessionData {
    /** Who is logged in. */
    customerId?: number | undefined;
    cartLines?: CartLines | undefined;
    /** Made when the session shows its first form. */
    csrfToken?: string | undefined;
  }
}

/** Writes the session now. Before a redirect, so that the next page finds what this request changed. */
export function saveSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    req.session.save((error: unknown) => (error ? reject(error) : resolve()));
  });
}

/**
 * Gives the visitor a new session under a new id and ends the old one, so that an id that somebody planted or saw is worth nothing after a
 * log-in. The cart goes along; the form token does not.
 */
export async function rotateSession(req: Request, customerId: number): Promise<void> {
  const { cartLines } = req.session;
  await new Promise<void>((resolve, reject) => {
    req.session.regenerate((error: unknown) => (error ? reject(error) : resolve()));
  });
  req.session.customerId = customerId;
  if (cartLines !== undefined) req.session.cartLines = cartLines;
  await saveSession(req);
}

/** Ends the session. */
export function endSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    req.session.destroy((error: unknown) => (error ? reject(error) : resolve()));
  });
}
