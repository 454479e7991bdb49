/** The departments of the shop, in the order in which they are shown. */
export const categories = [
  { id: "ceramics", title: "Ceramics", lead: "Thrown, glazed and fired in small kilns." },
  { id: "lighting", title: "Lighting", lead: "Warm light for the hours after work." },
  { id: "pantry", title: "Tea & Pantry", lead: "Leaves, beans and jars worth opening." },
  { id: "plants", title: "Plants", lead: "Potted, patient and easy to keep." },
  { id: "stationery", title: "Stationery", lead: "Paper and pens for thoughts that stay." },
  { id: "textiles", title: "Textiles", lead: "Woven softness for beds, sofas and baths." },
  { id: "furniture", title: "Furniture", lead: "Small pieces, honest joints." },
  { id: "prints", title: "Prints", lead: "Framed colour for quiet walls." },
] as const;

export type Category = (typeof categories)[number];
export type CategoryId = Category["id"];

/** The category of that id; `undefined` for any other text. */
export function categoryOf(id: string): Category | undefined {
  return categories.find((category) => category.id === id);
}
