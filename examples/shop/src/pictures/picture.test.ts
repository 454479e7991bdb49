import { describe, expect, it } from "@jest/globals";
import { colours, isColourName } from "./colours.js";
import { drawPicture, parsePictureName, pictureName, type ShapeName } from "./picture.js";

const shapes: ShapeName[] = [
  "mug",
  "bowl",
  "vase",
  "teapot",
  "tableLamp",
  "pendant",
  "lantern",
  "candle",
  "tin",
  "bag",
  "press",
  "jar",
  "leafy",
  "snake",
  "cactus",
  "tree",
  "notebook",
  "pencils",
  "cards",
  "pen",
  "cushion",
  "throwRug",
  "blanket",
  "towel",
  "stool",
  "chair",
  "sideTable",
  "shelf",
  "hills",
  "circles",
  "waves",
  "botanical",
];

describe("pictures", () => {
  it.each(shapes)("of a %s are well-formed and hold real numbers only, in every colour", (shape) => {
    for (const colour of Object.keys(colours).filter(isColourName)) {
      const svg = drawPicture({ shape, colour, variant: "1f" });
      expect(svg).not.toMatch(/NaN|undefined|Infinity|null/);
      expect(tagsLeftOpen(svg)).toEqual([]);
    }
  });

  it("are the same for the same name and differ for another variant", () => {
    const draw = (variant: string) => drawPicture({ shape: "vase", colour: "cobalt", variant });
    expect(draw("a1")).toBe(draw("a1"));
    expect(draw("a1")).not.toBe(draw("a2"));
  });

  it("are found again by their name", () => {
    const ref = { shape: "tableLamp", colour: "rust", variant: "0c" } as const;
    expect(parsePictureName(pictureName(ref))).toEqual(ref);
  });

  it.each([
    ["an unknown shape", "sword-rust-1"],
    ["an unknown colour", "mug-red-1"],
    ["a variant that is no number", "mug-rust-zz"],
    ["a long variant", "mug-rust-123456789"],
    ["a property every object has", "constructor-rust-1"],
    ["a colour every object has", "mug-__proto__-1"],
    ["more parts", "mug-rust-1-2"],
    ["nothing", ""],
  ])("are not made for %s", (_name, text) => {
    expect(parsePictureName(text)).toBeUndefined();
  });
});

/** Names of elements that were opened and not closed, or closed and not opened. */
function tagsLeftOpen(svg: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, , selfClosing] of svg.matchAll(/<(\/?)([A-Za-z]+)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (selfClosing === "/") continue;
    if (closing === "/") {
      if (open.pop() !== name) return [`/${name}`];
    } else open.push(name as string);
  }
  return open;
}
