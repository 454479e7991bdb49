import type { Palette } from "./palette.js";
import type { Random } from "./random.js";
import { ellipse, FLOOR, n, path, type Shape, shadow, stroke } from "./shape.js";

/** A band of glaze, a few speckles, or nothing, between two heights of a body that is `half` wide. */
function glaze(palette: Palette, random: Random, top: number, bottom: number, half: number): string {
  const kind = random.whole(0, 2);
  if (kind === 0) {
    const y = random.between(top + 20, bottom - 40);
    return stroke(
      `M${n(200 - half)} ${n(y)}Q200 ${n(y + 14)} ${n(200 + half)} ${n(y)}`,
      palette.accent,
      random.between(5, 16),
    );
  }
  if (kind === 1) {
    return Array.from({ length: 26 }, () =>
      ellipse(
        random.between(200 - half, 200 + half),
        random.between(top + 14, bottom - 10),
        1.8,
        1.8,
        palette.dark,
        ' opacity="0.55"',
      ),
    ).join("");
  }
  return "";
}

export const mug: Shape = (palette, random) => {
  const half = random.between(62, 78);
  const top = FLOOR - random.between(130, 168);
  const foot = half * random.between(0.72, 1);
  const body = `M${n(200 - half)} ${n(top)}L${n(200 - foot)} ${n(FLOOR - 14)}Q${n(200 - foot + 4)} ${FLOOR} ${n(200 - foot + 20)} ${FLOOR}H${n(200 + foot - 20)}Q${n(200 + foot - 4)} ${FLOOR} ${n(200 + foot)} ${n(FLOOR - 14)}L${n(200 + half)} ${n(top)}Z`;
  const middle = (top + FLOOR) / 2;
  return [
    shadow(half + 26, 212),
    stroke(
      `M${n(200 + half - 6)} ${n(middle - 42)}C${n(200 + half + 62)} ${n(middle - 52)} ${n(200 + half + 54)} ${n(middle + 46)} ${n(200 + foot - 6)} ${n(middle + 38)}`,
      palette.dark,
      15,
    ),
    `<clipPath id="b"><path d="${body}"/></clipPath>`,
    path(body, palette.main),
    `<g clip-path="url(#b)">${glaze(palette, random, top, FLOOR, half)}${path(`M${n(200 + half * 0.35)} ${n(top)}H300V330H${n(200 + foot * 0.3)}Z`, palette.dark, ' opacity="0.35"')}</g>`,
    ellipse(200, top, half, half * 0.17, palette.light),
    ellipse(200, top + 3, half - 8, half * 0.13, random.pick(["#4a2f20", "#7a5a2b", palette.dark])),
  ].join("");
};

export const bowl: Shape = (palette, random) => {
  const half = random.between(104, 128);
  const top = FLOOR - random.between(92, 122);
  const foot = half * 0.36;
  const body = `M${n(200 - half)} ${n(top)}C${n(200 - half + 6)} ${n(FLOOR - 22)} ${n(200 - foot - 26)} ${n(FLOOR - 8)} ${n(200 - foot)} ${n(FLOOR - 8)}V${FLOOR}H${n(200 + foot)}V${n(FLOOR - 8)}C${n(200 + foot + 26)} ${n(FLOOR - 8)} ${n(200 + half - 6)} ${n(FLOOR - 22)} ${n(200 + half)} ${n(top)}Z`;
  return [
    shadow(half * 0.8),
    `<clipPath id="b"><path d="${body}"/></clipPath>`,
    path(body, palette.main),
    `<g clip-path="url(#b)">${glaze(palette, random, top, FLOOR, half)}${path(`M${n(200 + half * 0.3)} ${n(top)}H340V330H220Z`, palette.dark, ' opacity="0.3"')}</g>`,
    ellipse(200, top, half, half * 0.16, palette.light),
    ellipse(200, top + 3, half - 9, half * 0.12, palette.dark),
    random.whole(0, 1) === 0 ? "" : fruit(palette, random, top, half),
  ].join("");
};

function fruit(palette: Palette, random: Random, top: number, half: number): string {
  const colour = random.pick(["#d98a3a", "#c65a3e", "#b7a23c", palette.accent]);
  const ball = (x: number, r: number): string =>
    `${ellipse(x, top - r * 0.55, r, r, colour)}${ellipse(x - r * 0.3, top - r * 0.9, r * 0.28, r * 0.2, "#fffaf0", ' opacity="0.45"')}`;
  const front = `M${n(200 - half + 3)} ${n(top + 1)}A${n(half - 3)} ${n(half * 0.15)} 0 0 0 ${n(200 + half - 3)} ${n(top + 1)}L${n(200 + half - 10)} ${n(top + 12)}H${n(200 - half + 10)}Z`;
  return `${ball(200 - half * 0.42, 30)}${ball(200 + half * 0.4, 32)}${ball(200, 36)}${path(front, palette.main)}`;
}

export const vase: Shape = (palette, random) => {
  const belly = random.between(56, 84);
  const neck = random.between(20, 34);
  const top = FLOOR - random.between(150, 185);
  const lip = neck + random.between(4, 14);
  const body = `M${n(200 - lip)} ${n(top)}Q${n(200 - neck)} ${n(top + 24)} ${n(200 - neck)} ${n(top + 44)}C${n(200 - neck)} ${n(top + 70)} ${n(200 - belly)} ${n(top + 72)} ${n(200 - belly)} ${n(top + 112)}C${n(200 - belly)} ${n(FLOOR - 16)} ${n(200 - 46)} ${FLOOR} ${n(200 - 36)} ${FLOOR}H236C246 ${FLOOR} ${n(200 + belly)} ${n(FLOOR - 16)} ${n(200 + belly)} ${n(top + 112)}C${n(200 + belly)} ${n(top + 72)} ${n(200 + neck)} ${n(top + 70)} ${n(200 + neck)} ${n(top + 44)}Q${n(200 + neck)} ${n(top + 24)} ${n(200 + lip)} ${n(top)}Z`;
  return [
    shadow(belly + 14),
    stems(palette, random, top),
    `<clipPath id="b"><path d="${body}"/></clipPath>`,
    path(body, palette.main),
    `<g clip-path="url(#b)">${glaze(palette, random, top + 60, FLOOR, belly)}${path(`M${n(200 + belly * 0.25)} ${n(top)}H320V330H${n(200 + belly * 0.1)}Q${n(200 + belly * 0.6)} ${n(top + 130)} ${n(200 + belly * 0.25)} ${n(top)}Z`, palette.dark, ' opacity="0.32"')}</g>`,
    ellipse(200, top, lip, lip * 0.2, palette.dark),
  ].join("");
};

function stems(palette: Palette, random: Random, top: number): string {
  const green = random.pick(["#6f8159", "#8a8f5c", "#5f7a68"]);
  return Array.from({ length: random.whole(2, 4) }, (_, i) => {
    const x = 200 + (i - 1.2) * random.between(24, 36);
    const y = top - random.between(54, 78);
    const flower = random.pick([palette.accent, "#d98a7a", "#e3bd5b", "#f3e9dc"]);
    return `${stroke(`M200 ${n(top + 8)}Q${n(200 + (x - 200) * 0.2)} ${n(top - 40)} ${n(x)} ${n(y)}`, green, 4)}${ellipse(x, y, 15, 15, flower)}${ellipse(x, y, 6, 6, "#7a5a2b", ' opacity="0.6"')}`;
  }).join("");
}

export const teapot: Shape = (palette, random) => {
  const half = random.between(82, 98);
  const height = random.between(118, 140);
  const top = FLOOR - height;
  const body = `M${n(200 - half * 0.55)} ${n(top)}C${n(200 - half * 1.25)} ${n(top + 30)} ${n(200 - half)} ${FLOOR} ${n(200 - half * 0.5)} ${FLOOR}H${n(200 + half * 0.5)}C${n(200 + half)} ${FLOOR} ${n(200 + half * 1.25)} ${n(top + 30)} ${n(200 + half * 0.55)} ${n(top)}Z`;
  return [
    shadow(half + 34),
    path(
      `M${n(200 - half * 0.8)} ${n(FLOOR - 46)}C${n(200 - half - 40)} ${n(FLOOR - 60)} ${n(200 - half - 34)} ${n(top + 26)} ${n(200 - half - 58)} ${n(top + 8)}L${n(200 - half - 36)} ${n(top - 2)}C${n(200 - half - 12)} ${n(top + 18)} ${n(200 - half - 6)} ${n(top + 36)} ${n(200 - half * 0.8)} ${n(top + 44)}Z`,
      palette.dark,
    ),
    stroke(
      `M${n(200 + half * 0.8)} ${n(top + 32)}C${n(200 + half + 66)} ${n(top - 4)} ${n(200 + half + 58)} ${n(FLOOR - 20)} ${n(200 + half * 0.84)} ${n(FLOOR - 36)}`,
      random.pick([palette.dark, "#9a7446"]),
      13,
    ),
    `<clipPath id="b"><path d="${body}"/></clipPath>`,
    path(body, palette.main),
    `<g clip-path="url(#b)">${glaze(palette, random, top, FLOOR, half)}${path(`M${n(200 + half * 0.3)} ${n(top)}H340V330H230Z`, palette.dark, ' opacity="0.3"')}</g>`,
    ellipse(200, top, half * 0.55, 11, palette.light),
    path(
      `M${n(200 - half * 0.46)} ${n(top - 2)}Q200 ${n(top - 44)} ${n(200 + half * 0.46)} ${n(top - 2)}Z`,
      palette.main,
    ),
    ellipse(200, top - 30, 12, 12, palette.accent),
  ].join("");
};
