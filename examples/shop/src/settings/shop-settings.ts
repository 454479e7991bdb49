import type { Cents } from "../web/money.js";

/** What the shopkeeper may change while the shop is open. */
export interface ShopSettings {
  /** A line above every page. Empty: none. */
  readonly announcement: string;
  readonly shippingCents: Cents;
  /** Orders of at least this much are sent for free. */
  readonly freeShippingFromCents: Cents;
}

export const defaultSettings: ShopSettings = Object.freeze({
  announcement: "Free delivery from €80 · every parcel packed without plastic",
  shippingCents: 590,
  freeShippingFromCents: 8000,
});

/** What it costs to send goods of this value. */
export function shippingOf(settings: ShopSettings, goodsCents: Cents): Cents {
  return goodsCents === 0 || goodsCents >= settings.freeShippingFromCents ? 0 : settings.shippingCents;
}
