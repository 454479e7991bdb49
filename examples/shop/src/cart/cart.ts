/** How many of which product, as the session keeps it: by product id. JSON turns the ids into text. */
export type CartLines = Readonly<Record<string, number>>;

/** Most pieces of one product, and most different products. */
export const MAX_QUANTITY = 20;
export const MAX_LINES = 40;

/** How many pieces are in a cart. */
export function cartSize(cart: CartLines | undefined): number {
  return Object.values(cart ?? {}).reduce((sum, quantity) => sum + quantity, 0);
}

/** The cart with more of one product. A full cart takes no further products. */
export function addToCart(cart: CartLines | undefined, productId: number, quantity: number): CartLines {
  return withQuantity(cart, productId, (cart?.[productId] ?? 0) + quantity);
}

/** The cart with this many of one product; 0 takes it out. */
export function withQuantity(cart: CartLines | undefined, productId: number, quantity: number): CartLines {
  const { [productId]: present, ...others } = cart ?? {};
  if (quantity <= 0) return others;
  if (present === undefined && Object.keys(others).length >= MAX_LINES) return others;
  return { ...others, [productId]: Math.min(quantity, MAX_QUANTITY) };
}

/** The products of a cart by ascending id, with their quantities. */
export function linesOf(
  cart: CartLines | undefined,
): readonly (readonly [productId: number, quantity: number])[] {
  return Object.entries(cart ?? {})
    .map(([id, quantity]) => [Number(id), quantity] as const)
    .sort(([a], [b]) => a - b);
}
