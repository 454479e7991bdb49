/** An amount of money in whole cents. Never a fraction, so that sums are exact. */
export type Cents = number;

const euros = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

/** Largest price an article may have. */
export const MAX_PRICE_CENTS: Cents = 999_999_99;

/** The amount as a customer reads it: `€1,234.50`. */
export function formatCents(cents: Cents): string {
  return euros.format(cents / 100);
}

/** The amount as a form field takes it: `1234.50`. */
export function centsToField(cents: Cents): string {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

/**
 * Reads an amount that a person typed: `12`, `12.5`, `12,50`. No floating point is involved.
 * @returns `undefined` for anything else, and for amounts over {@link MAX_PRICE_CENTS}.
 */
export function parseCents(text: string): Cents | undefined {
  const match = /^(\d{1,6})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const cents = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return cents <= MAX_PRICE_CENTS ? cents : undefined;
}
