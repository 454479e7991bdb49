import { ellipse, FLOOR, n, path, rect, type Shape, shadow, stroke } from "./shape.js";

const glow = (x: number, y: number, r: number): string =>
  `<radialGradient id="g"><stop offset="0" stop-color="#ffe7a8" stop-opacity="0.85"/><stop offset="1" stop-color="#ffe7a8" stop-opacity="0"/></radialGradient>${ellipse(x, y, r, r, "url(#g)")}`;

export const tableLamp: Shape = (palette, random) => {
  const bottom = random.between(84, 104);
  const top = bottom * random.between(0.42, 0.72);
  const y = random.between(86, 104);
  const foot = random.between(40, 56);
  const belly = random.between(26, 50);
  return [
    shadow(foot + 22),
    glow(200, y + 104, 150),
    path(
      `M192 ${n(y + 96)}H208V${n(FLOOR - 92)}C${n(200 + belly)} ${n(FLOOR - 84)} ${n(200 + belly)} ${n(FLOOR - 22)} ${n(200 + foot)} ${n(FLOOR - 10)}V${FLOOR}H${n(200 - foot)}V${n(FLOOR - 10)}C${n(200 - belly)} ${n(FLOOR - 22)} ${n(200 - belly)} ${n(FLOOR - 84)} 192 ${n(FLOOR - 92)}Z`,
      palette.accent,
    ),
    path(
      `M${n(200 - top)} ${n(y)}H${n(200 + top)}L${n(200 + bottom)} ${n(y + 104)}Q200 ${n(y + 116)} ${n(200 - bottom)} ${n(y + 104)}Z`,
      palette.main,
    ),
    path(
      `M${n(200 + top * 0.3)} ${n(y)}H${n(200 + top)}L${n(200 + bottom)} ${n(y + 104)}Q${n(200 + bottom * 0.7)} ${n(y + 110)} ${n(200 + bottom * 0.4)} ${n(y + 111)}Z`,
      palette.dark,
      ' opacity="0.35"',
    ),
    ellipse(200, y, top, 6, palette.light),
  ].join("");
};

export const pendant: Shape = (palette, random) => {
  const half = random.between(88, 122);
  const y = random.between(150, 180);
  const kind = random.whole(0, 2);
  const height = kind === 0 ? half * 0.9 : random.between(78, 112);
  const dome =
    kind === 0
      ? `M${n(200 - half)} ${n(y + height)}A${n(half)} ${n(height)} 0 0 1 ${n(200 + half)} ${n(y + height)}Z`
      : kind === 1
        ? `M186 ${n(y)}H214L${n(200 + half)} ${n(y + height)}H${n(200 - half)}Z`
        : `M176 ${n(y)}H224C${n(200 + half * 0.5)} ${n(y + height * 0.6)} ${n(200 + half)} ${n(y + height * 0.5)} ${n(200 + half)} ${n(y + height)}H${n(200 - half)}C${n(200 - half)} ${n(y + height * 0.5)} ${n(200 - half * 0.5)} ${n(y + height * 0.6)} 176 ${n(y)}Z`;
  return [
    shadow(half * 0.8, 200, 352),
    glow(200, y + height + 14, 140),
    stroke(`M200 0V${n(y)}`, "#3a3640", 4),
    rect(188, y - 16, 24, 20, palette.accent, 4),
    ellipse(200, y + height + 2, 24, 22, "#fff3c9"),
    `<clipPath id="b"><path d="${dome}"/></clipPath>`,
    path(dome, palette.main),
    `<g clip-path="url(#b)">${path(`M${n(200 + half * 0.2)} ${n(y - 10)}H400V${n(y + height)}H${n(200 + half * 0.4)}Z`, palette.dark, ' opacity="0.35"')}${kind === 1 ? "" : stroke(`M${n(200 - half)} ${n(y + height - 14)}H${n(200 + half)}`, palette.accent, 6)}</g>`,
  ].join("");
};

export const lantern: Shape = (palette, random) => {
  const half = random.between(56, 72);
  const top = FLOOR - random.between(160, 184);
  const bars = random.whole(1, 3);
  const uprights = Array.from({ length: bars }, (_, i) => {
    const x = 200 - half + (2 * half * (i + 1)) / (bars + 1);
    return rect(x - 3, top, 6, FLOOR - top - 12, palette.main);
  }).join("");
  return [
    shadow(half + 24),
    stroke(
      `M${n(200 - 34)} ${n(top - 22)}C${n(200 - 40)} ${n(top - 92)} ${n(200 + 40)} ${n(top - 92)} ${n(200 + 34)} ${n(top - 22)}`,
      palette.dark,
      6,
    ),
    path(
      `M${n(200 - half - 10)} ${n(top)}L${n(200 - 26)} ${n(top - 38)}H226L${n(200 + half + 10)} ${n(top)}Z`,
      palette.main,
    ),
    rect(200 - half, top, half * 2, FLOOR - top - 12, "#fff6df", 0, ' opacity="0.6"'),
    rect(178, FLOOR - 84, 44, 72, "#f6ecd8", 4),
    path(
      `M200 ${n(FLOOR - 130)}C214 ${n(FLOOR - 108)} 212 ${n(FLOOR - 92)} 200 ${n(FLOOR - 90)}C188 ${n(FLOOR - 92)} 186 ${n(FLOOR - 108)} 200 ${n(FLOOR - 130)}Z`,
      "#f0a63c",
    ),
    glow(200, FLOOR - 108, 92),
    uprights,
    rect(200 - half - 4, top, 8, FLOOR - top, palette.dark),
    rect(200 + half - 4, top, 8, FLOOR - top, palette.dark),
    rect(200 - half - 12, FLOOR - 14, half * 2 + 24, 14, palette.main, 3),
  ].join("");
};

export const candle: Shape = (palette, random) => {
  const count = random.whole(1, 3);
  return Array.from({ length: count }, (_, i) => {
    const x = 200 + (i - (count - 1) / 2) * 92;
    const height = random.between(70, 150);
    const half = random.between(26, 36);
    const top = FLOOR - height;
    const colour = i % 2 === 0 ? palette.main : palette.accent;
    return [
      shadow(half + 14, x),
      i === 0 ? glow(200, top - 20, 150) : "",
      rect(x - half, top, half * 2, height, colour, 6),
      rect(x + half * 0.25, top + 4, half * 0.75, height - 4, palette.dark, 6, ' opacity="0.25"'),
      ellipse(x, top + 2, half, 8, palette.light),
      stroke(`M${n(x)} ${n(top)}V${n(top - 14)}`, "#3a3640", 3),
      path(
        `M${n(x)} ${n(top - 50)}C${n(x + 14)} ${n(top - 28)} ${n(x + 11)} ${n(top - 12)} ${n(x)} ${n(top - 10)}C${n(x - 11)} ${n(top - 12)} ${n(x - 14)} ${n(top - 28)} ${n(x)} ${n(top - 50)}Z`,
        "#f2b04a",
      ),
    ].join("");
  }).join("");
};
