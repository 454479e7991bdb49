import { type ColourName, colours, mix, shade } from "./colours.js";
import type { Random } from "./random.js";

/** The colours of one picture. */
export interface Palette {
  /** The article itself. */
  readonly main: string;
  readonly dark: string;
  readonly light: string;
  /** A second colour that goes with it. */
  readonly accent: string;
  /** The wall behind it, and the table it stands on. */
  readonly wall: string;
  readonly table: string;
}

const accents: Readonly<Record<ColourName, readonly ColourName[]>> = {
  celadon: ["coral", "walnut", "cream"],
  oatmeal: ["rust", "moss", "ink"],
  cobalt: ["ochre", "cream", "coral"],
  terracotta: ["cream", "ink", "sage"],
  charcoal: ["brass", "cream", "coral"],
  moss: ["cream", "rose", "ochre"],
  ochre: ["ink", "cream", "plum"],
  rose: ["moss", "ink", "cream"],
  sky: ["ochre", "cobalt", "cream"],
  plum: ["rose", "brass", "sage"],
  cream: ["terracotta", "cobalt", "moss"],
  ink: ["brass", "coral", "cream"],
  sage: ["rust", "cream", "plum"],
  rust: ["cream", "sky", "ink"],
  oak: ["ink", "cream", "moss"],
  walnut: ["brass", "cream", "celadon"],
  brass: ["ink", "plum", "cream"],
  linen: ["cobalt", "rust", "moss"],
  lilac: ["plum", "ochre", "cream"],
  coral: ["ink", "cream", "sky"],
};

const walls = [
  "#e9dfd0",
  "#dfe5df",
  "#e6dcd9",
  "#dbe2e8",
  "#e8e2d2",
  "#e0dbe6",
  "#d9e2d6",
  "#eee3d6",
] as const;

/** Chooses colours that go together around the one the article comes in. */
export function paletteOf(colour: ColourName, random: Random): Palette {
  const main = colours[colour];
  const accent = colours[random.pick(accents[colour])];
  // A breath of the accent in the wall makes neighbouring pictures differ without shouting.
  const wall = mix(random.pick(walls), accent, 0.1);
  return {
    main,
    dark: shade(main, 0.28),
    light: shade(main, -0.35),
    accent,
    wall,
    table: mix(shade(wall, 0.1), main, 0.12),
  };
}
