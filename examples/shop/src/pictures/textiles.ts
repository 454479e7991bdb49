import type { Palette } from "./palette.js";
import type { Random } from "./random.js";
import { ellipse, FLOOR, n, path, rect, type Shape, shadow, stroke } from "./shape.js";

/** A woven pattern over the whole canvas, to be clipped by the cloth. */
function weave(palette: Palette, random: Random): string {
  const step = random.between(26, 44);
  const rows = Array.from({ length: Math.ceil(400 / step) }, (_, i) => i * step);
  const kind = random.whole(0, 4);
  const opacity = ' opacity="0.8"';
  if (kind === 0) return rows.map((y) => rect(0, y, 400, step * 0.4, palette.accent, 0, opacity)).join("");
  if (kind === 1) {
    const half = ' opacity="0.4"';
    return rows
      .map(
        (at) =>
          rect(0, at, 400, step * 0.45, palette.accent, 0, half) +
          rect(at, 0, step * 0.45, 400, palette.accent, 0, half),
      )
      .join("");
  }
  if (kind === 2) {
    return rows
      .map((y) =>
        stroke(
          `M-10 ${n(y)}${Array.from({ length: 18 }, (_, i) => `l14 ${i % 2 === 0 ? 14 : -14}l0 0`).join("")}l14 14l14 -14l14 14l14 -14l14 14l14 -14l14 14l14 -14l14 14l14 -14l14 14l14 -14`,
          palette.accent,
          5,
          opacity,
        ),
      )
      .join("");
  }
  if (kind === 3) {
    return rows
      .flatMap((y, row) =>
        rows.map((x) =>
          ellipse(x + (row % 2) * (step / 2), y, step * 0.16, step * 0.16, palette.accent, opacity),
        ),
      )
      .join("");
  }
  return rows
    .slice(0, 4)
    .map((_, i) =>
      ellipse(200, 200, 150 - i * 38, 150 - i * 38, i % 2 === 0 ? palette.accent : palette.main, opacity),
    )
    .join("");
}

export const cushion: Shape = (palette, random) => {
  const r = random.between(96, 108);
  const y = 210;
  const body = `M${n(200 - r)} ${n(y - r)}Q200 ${n(y - r + 20)} ${n(200 + r)} ${n(y - r)}Q${n(200 + r - 18)} ${n(y)} ${n(200 + r)} ${n(y + r)}Q200 ${n(y + r - 16)} ${n(200 - r)} ${n(y + r)}Q${n(200 - r + 18)} ${n(y)} ${n(200 - r)} ${n(y - r)}Z`;
  return [
    shadow(r, 200, FLOOR),
    `<clipPath id="b"><path d="${body}"/></clipPath>`,
    path(body, palette.main, ` stroke="${palette.dark}" stroke-width="7" stroke-linejoin="round"`),
    `<g clip-path="url(#b)">${weave(palette, random)}${ellipse(200 - 34, y - 44, 120, 100, "#fffaf0", ' opacity="0.12"')}${path(`M${n(200 + 40)} 80H340V340H${n(200 + 20)}Q${n(200 + 90)} 210 ${n(200 + 40)} 80Z`, "#1d1a24", ' opacity="0.1"')}</g>`,
  ].join("");
};

export const throwRug: Shape = (palette, random) => {
  const fringe = Array.from({ length: 24 }, (_, i) => {
    const x = 92 + i * 9.4;
    return stroke(`M${n(x)} 296V${n(random.between(314, 322))}`, palette.light, 4);
  }).join("");
  return [
    shadow(130, 200, 320),
    fringe,
    `<clipPath id="b"><path d="M84 108Q84 92 100 92H300Q316 92 316 108V298H84Z"/></clipPath>`,
    path("M84 108Q84 92 100 92H300Q316 92 316 108V298H84Z", palette.main),
    `<g clip-path="url(#b)">${weave(palette, random)}${rect(84, 92, 232, 20, "#fffaf0", 0, ' opacity="0.22"')}${rect(196, 92, 120, 210, "#1d1a24", 0, ' opacity="0.07"')}</g>`,
  ].join("");
};

export const blanket: Shape = (palette, random) => {
  const layers = random.whole(3, 4);
  const height = 38;
  return [
    shadow(132),
    ...Array.from({ length: layers }, (_, i) => {
      const y = FLOOR - (i + 1) * height;
      const colour = [palette.main, palette.accent, palette.light, palette.dark][(i + layers) % 4] as string;
      const inset = random.between(0, 14);
      return `${rect(82 + inset, y, 236 - inset * 1.4, height, colour, 17)}${stroke(`M${n(112 + inset)} ${n(y + height - 11)}H296`, "#1d1a24", 3, ' opacity="0.13"')}${stroke(`M${n(100 + inset)} ${n(y + 11)}H${n(304 - inset)}`, "#fffaf0", 3, ' opacity="0.28"')}`;
    }),
    Array.from({ length: 9 }, (_, i) =>
      stroke(`M${n(262 + i * 6)} ${n(FLOOR - layers * height + 30)}v22`, palette.light, 3),
    ).join(""),
  ].join("");
};

export const towel: Shape = (palette, random) => {
  const band = random.between(220, 260);
  return [
    rect(70, 92, 260, 10, "#7d5739", 5),
    ellipse(70, 97, 9, 9, "#c9a24a"),
    ellipse(330, 97, 9, 9, "#c9a24a"),
    path("M112 94H292V304Q202 314 112 304Z", "#1d1a24", ' opacity="0.13" transform="translate(8 8)"'),
    `<clipPath id="b"><path d="M110 92H290V304Q200 314 110 304Z"/></clipPath>`,
    path("M110 92H290V304Q200 314 110 304Z", palette.main),
    `<g clip-path="url(#b)">${random.whole(0, 1) === 0 ? weave(palette, random) : `${rect(110, band, 180, 12, palette.accent)}${rect(110, band + 20, 180, 5, palette.accent)}${rect(110, band - 13, 180, 5, palette.accent)}`}${rect(110, 92, 180, 14, "#1d1a24", 0, ' opacity="0.14"')}${rect(236, 92, 54, 230, "#1d1a24", 0, ' opacity="0.09"')}</g>`,
  ].join("");
};
