/** Lines that a page shows after a redirect. The URL carries the name only, so that nobody can put words into the shop's mouth. */
const notices = {
  added: "Added to your cart.",
  cart: "Your cart is up to date.",
  welcome: "Welcome! You are logged in.",
  bye: "You are logged out. See you soon.",
  price: "The new price is in the shop.",
  settings: "The settings are in effect.",
  ordered: "Thank you! Your order is on its way to our packing table.",
} as const;

export type NoticeName = keyof typeof notices;

/** The text of a notice that a query names; `undefined` for anything else. */
export function noticeText(name: unknown): string | undefined {
  return typeof name === "string" && Object.hasOwn(notices, name) ? notices[name as NoticeName] : undefined;
}
