import type { Palette } from "./palette.js";
import type { Random } from "./random.js";
import { ellipse, FLOOR, n, path, rect, type Shape, shadow, stroke } from "./shape.js";

/** A label with a small emblem. */
function label(palette: Palette, random: Random, x: number, y: number, w: number, h: number): string {
  const centre = x + w / 2;
  const emblem = random.whole(0, 3);
  const mark = [
    path(
      `M${n(centre)} ${n(y + 14)}C${n(centre + 24)} ${n(y + 30)} ${n(centre + 10)} ${n(y + 52)} ${n(centre)} ${n(y + 54)}C${n(centre - 10)} ${n(y + 52)} ${n(centre - 24)} ${n(y + 30)} ${n(centre)} ${n(y + 14)}Z`,
      palette.accent,
    ),
    ellipse(centre, y + 34, 19, 19, palette.accent) + ellipse(centre, y + 34, 11, 11, palette.light),
    path(
      `M${n(centre - 26)} ${n(y + 52)}L${n(centre - 6)} ${n(y + 18)}L${n(centre + 6)} ${n(y + 38)}L${n(centre + 13)} ${n(y + 28)}L${n(centre + 27)} ${n(y + 52)}Z`,
      palette.accent,
    ),
    stroke(
      `M${n(centre - 22)} ${n(y + 26)}q11 -12 22 0t22 0M${n(centre - 22)} ${n(y + 44)}q11 -12 22 0t22 0`,
      palette.accent,
      5,
    ),
  ][emblem] as string;
  return [
    rect(x, y, w, h, "#f8f1e3", 3),
    mark,
    rect(x + w * 0.2, y + h - 30, w * 0.6, 5, palette.dark, 2, ' opacity="0.7"'),
    rect(x + w * 0.3, y + h - 19, w * 0.4, 4, palette.dark, 2, ' opacity="0.4"'),
  ].join("");
}

export const tin: Shape = (palette, random) => {
  const half = random.between(62, 84);
  const top = FLOOR - random.between(138, 188);
  const lid = random.between(28, 40);
  return [
    shadow(half + 20),
    path(
      `M${n(200 - half)} ${n(top + lid)}V${n(FLOOR - 6)}Q200 ${n(FLOOR + 12)} ${n(200 + half)} ${n(FLOOR - 6)}V${n(top + lid)}Z`,
      palette.main,
    ),
    path(
      `M${n(200 + half * 0.45)} ${n(top + lid)}V${n(FLOOR + 1)}Q${n(200 + half * 0.8)} ${n(FLOOR - 2)} ${n(200 + half)} ${n(FLOOR - 6)}V${n(top + lid)}Z`,
      palette.dark,
      ' opacity="0.4"',
    ),
    label(palette, random, 200 - half * 0.7, top + lid + 20, half * 1.4, FLOOR - top - lid - 44),
    path(
      `M${n(200 - half - 4)} ${n(top)}V${n(top + lid)}Q200 ${n(top + lid + 16)} ${n(200 + half + 4)} ${n(top + lid)}V${n(top)}Z`,
      palette.dark,
    ),
    ellipse(200, top, half + 4, 12, palette.light),
    ellipse(200, top - 2, half * 0.5, 6, palette.main),
  ].join("");
};

export const bag: Shape = (palette, random) => {
  const half = random.between(70, 86);
  const top = FLOOR - random.between(190, 214);
  return [
    shadow(half + 18),
    path(
      `M${n(200 - half + 10)} ${n(top + 26)}L${n(200 - half)} ${n(FLOOR - 4)}Q200 ${n(FLOOR + 6)} ${n(200 + half)} ${n(FLOOR - 4)}L${n(200 + half - 10)} ${n(top + 26)}Z`,
      palette.main,
    ),
    path(
      `M${n(200 + half - 34)} ${n(top + 26)}L${n(200 + half - 22)} ${n(FLOOR)}L${n(200 + half)} ${n(FLOOR - 4)}L${n(200 + half - 10)} ${n(top + 26)}Z`,
      palette.dark,
      ' opacity="0.35"',
    ),
    rect(200 - half + 6, top, half * 2 - 12, 34, palette.dark, 3),
    stroke(`M${n(200 - half + 12)} ${n(top + 12)}H${n(200 + half - 12)}`, palette.accent, 4),
    label(palette, random, 200 - half * 0.6, top + 62, half * 1.2, 104),
  ].join("");
};

export const press: Shape = (palette, random) => {
  const half = random.between(54, 66);
  const top = FLOOR - random.between(160, 184);
  const level = top + random.between(46, 80);
  return [
    shadow(half + 34, 212),
    stroke(
      `M${n(200 + half)} ${n(top + 30)}C${n(200 + half + 64)} ${n(top + 30)} ${n(200 + half + 64)} ${n(FLOOR - 40)} ${n(200 + half)} ${n(FLOOR - 40)}`,
      palette.main,
      14,
    ),
    rect(200 - half, top, half * 2, FLOOR - top - 4, "#f4f7f6", 10, ' opacity="0.75"'),
    rect(200 - half + 5, level, half * 2 - 10, FLOOR - level - 10, "#4b2f22", 6),
    rect(200 - half + 5, level, half * 2 - 10, 9, "#8a623f", 4),
    rect(200 - half - 5, top + 22, half * 2 + 10, 9, palette.main),
    rect(200 - half - 5, FLOOR - 30, half * 2 + 10, 26, palette.main, 5),
    rect(200 - half - 2, top - 14, half * 2 + 4, 20, palette.dark, 8),
    stroke(`M200 ${n(top - 14)}V${n(top - 56)}`, palette.dark, 5),
    ellipse(200, top - 60, 13, 13, palette.accent),
  ].join("");
};

export const jar: Shape = (palette, random) => {
  const half = random.between(58, 74);
  const top = FLOOR - random.between(128, 160);
  const fill = random.pick(["#c9822e", "#a5383a", "#d6a943", "#6f3b58", "#8a9a4b"]);
  return [
    shadow(half + 18),
    rect(200 - half, top, half * 2, FLOOR - top, "#f4f7f6", 18, ' opacity="0.8"'),
    rect(200 - half + 7, top + 22, half * 2 - 14, FLOOR - top - 29, fill, 13),
    rect(200 + half * 0.5, top + 26, half * 0.3, FLOOR - top - 42, "#1d1a24", 8, ' opacity="0.14"'),
    label(palette, random, 200 - half * 0.72, top + 36, half * 1.44, FLOOR - top - 56),
    path(
      `M${n(200 - half + 2)} ${n(top - 4)}L${n(200 - half - 10)} ${n(top + 24)}Q200 ${n(top + 36)} ${n(200 + half + 10)} ${n(top + 24)}L${n(200 + half - 2)} ${n(top - 4)}Z`,
      palette.main,
    ),
    rect(200 - half + 2, top - 24, half * 2 - 4, 24, palette.dark, 5),
    stroke(
      `M${n(200 - half)} ${n(top + 4)}Q200 ${n(top + 12)} ${n(200 + half)} ${n(top + 4)}`,
      palette.accent,
      4,
    ),
  ].join("");
};
