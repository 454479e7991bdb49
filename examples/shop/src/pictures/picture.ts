import { bowl, mug, teapot, vase } from "./ceramics.js";
import { type ColourName, isColourName, shade } from "./colours.js";
import { chair, shelf, sideTable, stool } from "./furniture.js";
import { candle, lantern, pendant, tableLamp } from "./lighting.js";
import { type Palette, paletteOf } from "./palette.js";
import { bag, jar, press, tin } from "./pantry.js";
import { cactus, leafy, snake, tree } from "./plants.js";
import { botanical, circles, hills, waves } from "./prints.js";
import { type Random, randomOf } from "./random.js";
import { FLOOR, rect, type Shape } from "./shape.js";
import { cards, notebook, pen, pencils } from "./stationery.js";
import { blanket, cushion, throwRug, towel } from "./textiles.js";

/** What pictures can show. */
export type ShapeName =
  | "mug"
  | "bowl"
  | "vase"
  | "teapot"
  | "tableLamp"
  | "lantern"
  | "candle"
  | "tin"
  | "bag"
  | "press"
  | "jar"
  | "leafy"
  | "snake"
  | "cactus"
  | "tree"
  | "pencils"
  | "cushion"
  | "blanket"
  | "stool"
  | "chair"
  | "sideTable"
  | "shelf"
  | "notebook"
  | "cards"
  | "pen"
  | "throwRug"
  | "pendant"
  | "towel"
  | "hills"
  | "circles"
  | "waves"
  | "botanical";

const shapes: Readonly<Record<ShapeName, Shape>> = {
  mug,
  bowl,
  vase,
  teapot,
  tableLamp,
  lantern,
  candle,
  tin,
  bag,
  press,
  jar,
  leafy,
  snake,
  cactus,
  tree,
  pencils,
  cushion,
  blanket,
  stool,
  chair,
  sideTable,
  shelf,
  notebook,
  cards,
  pen,
  throwRug,
  pendant,
  towel,
  hills,
  circles,
  waves,
  botanical,
};

/** Seen from above. */
const flat: ReadonlySet<ShapeName> = new Set(["notebook", "cards", "pen", "throwRug"]);
/** On a wall or from the ceiling. All others stand on a table. */
const hanging: ReadonlySet<ShapeName> = new Set([
  "pendant",
  "towel",
  "hills",
  "circles",
  "waves",
  "botanical",
]);

/** Names a picture: what it shows, in which colour, and which of its many variants. */
export interface PictureRef {
  readonly shape: ShapeName;
  readonly colour: ColourName;
  /** 1 to 8 lower-case hexadecimal digits. */
  readonly variant: string;
}

/** The reference as it stands in a database row and in a URL: `mug-celadon-3f2a`. */
export function pictureName({ shape, colour, variant }: PictureRef): string {
  return `${shape}-${colour}-${variant}`;
}

/** Reads what {@link pictureName} wrote. @returns `undefined` for anything else. */
export function parsePictureName(text: string): PictureRef | undefined {
  const [shape, colour, variant, ...rest] = text.split("-");
  if (shape === undefined || colour === undefined || variant === undefined || rest.length > 0)
    return undefined;
  if (!Object.hasOwn(shapes, shape) || !isColourName(colour) || !/^[0-9a-f]{1,8}$/.test(variant))
    return undefined;
  return { shape: shape as ShapeName, colour, variant };
}

/** Draws a picture: always the same one for the same reference. */
export function drawPicture(ref: PictureRef): string {
  const random = randomOf(pictureName(ref));
  const palette = paletteOf(ref.colour, random);
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400" role="img">',
    backdrop(ref.shape, palette, random),
    `<g transform="${placement(ref.shape)}">`,
    shapes[ref.shape](palette, random),
    "</g></svg>",
  ].join("");
}

/** Where and how large the thing stands or hangs. */
function placement(shape: ShapeName): string {
  if (hanging.has(shape)) return shape === "pendant" ? "translate(-36 -6) scale(1.18)" : "translate(0 12)";
  if (flat.has(shape)) return "translate(200 200) scale(1.2) translate(-200 -204)";
  return `translate(200 ${FLOOR + 16}) scale(1.17) translate(-200 ${-FLOOR})`;
}

function backdrop(shape: ShapeName, palette: Palette, random: Random): string {
  const wall = `<linearGradient id="w" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${shade(palette.wall, -0.4)}"/><stop offset="1" stop-color="${palette.wall}"/></linearGradient>${rect(0, 0, 400, 400, "url(#w)")}`;
  if (flat.has(shape) || hanging.has(shape)) return wall;
  const line = FLOOR + 6 - random.between(12, 34);
  return `${wall}${rect(0, line, 400, 400 - line, palette.table)}`;
}
