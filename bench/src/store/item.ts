/** A value of about 900 bytes in JSON, as an application's row may be. */
export interface Item {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly tags: readonly string[];
  readonly stock: Readonly<Record<string, number>>;
  readonly description: string;
}

const sentence = "A sturdy thing for every day, made of things that last, and light enough to carry along. ";

/** The same for the same id, in every process. */
export function itemOf(id: number): Item {
  return {
    id,
    sku: `SKU-${String(id).padStart(8, "0")}`,
    name: `Thing number ${id}`,
    priceCents: 100 + (id % 9_900),
    tags: ["thing", `shelf ${id % 97}`, id % 2 === 0 ? "even" : "odd"],
    stock: { Berlin: id % 7, Lisbon: id % 11, Oslo: id % 13 },
    description: sentence.repeat(7),
  };
}

export function keyOf(id: number): string {
  return `item-${String(id).padStart(6, "0")}`;
}
