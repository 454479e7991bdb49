import { ellipse, FLOOR, n, path, rect, type Shape, shadow, stroke } from "./shape.js";

export const notebook: Shape = (palette, random) => {
  const w = random.between(148, 168);
  const h = random.between(190, 214);
  const x = 200 - w / 2;
  const y = 200 - h / 2;
  const tilt = random.between(-9, 9);
  const cover = random.whole(0, 3);
  const motif = [
    rect(x + w * 0.24, y + h * 0.2, w * 0.56, h * 0.22, "#f8f1e3", 3) +
      rect(x + w * 0.34, y + h * 0.29, w * 0.36, 4, palette.dark, 2),
    Array.from({ length: 6 }, (_, i) =>
      rect(x + 20, y + 24 + i * (h / 7), w - 30, 8, palette.accent, 4, ' opacity="0.8"'),
    ).join(""),
    ellipse(x + w * 0.56, y + h * 0.42, w * 0.26, w * 0.26, palette.accent) +
      ellipse(x + w * 0.56, y + h * 0.42, w * 0.14, w * 0.14, palette.light),
    path(
      `M${n(x + 16)} ${n(y + h)}L${n(x + w * 0.5)} ${n(y + h * 0.5)}L${n(x + w * 0.7)} ${n(y + h * 0.72)}L${n(x + w)} ${n(y + h * 0.45)}V${n(y + h)}Z`,
      palette.accent,
    ),
  ][cover] as string;
  return [
    `<g transform="rotate(${n(tilt)} 200 200)">`,
    rect(x + 9, y + 10, w, h, "#1d1a24", 6, ' opacity="0.16"'),
    rect(x + 5, y + 4, w, h, "#f7f0e2", 6),
    rect(x, y, w, h, palette.main, 6),
    `<clipPath id="b"><rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" rx="6"/></clipPath><g clip-path="url(#b)">${motif}</g>`,
    rect(x, y, 17, h, palette.dark, 6),
    random.whole(0, 1) === 0 ? "" : rect(x + w - 26, y, 8, h, palette.accent),
    "</g>",
  ].join("");
};

export const pencils: Shape = (palette, random) => {
  const half = random.between(50, 60);
  const top = FLOOR - random.between(100, 120);
  const count = random.whole(4, 6);
  const sticks = Array.from({ length: count }, (_, i) => {
    const x = 200 - half + 16 + (i * (half * 2 - 32)) / (count - 1);
    const height = random.between(86, 134);
    const colour = random.pick([
      palette.accent,
      palette.light,
      palette.dark,
      "#d98a3a",
      "#5f8a8a",
      "#c65a3e",
    ]);
    return `<g transform="rotate(${n((x - 200) * 0.22)} ${n(x)} ${n(top)})">${rect(x - 7, top - height, 14, height + 30, colour)}${rect(x, top - height, 7, height + 30, "#1d1a24", 0, ' opacity="0.15"')}${path(`M${n(x - 7)} ${n(top - height)}L${n(x)} ${n(top - height - 24)}L${n(x + 7)} ${n(top - height)}Z`, "#ecd3a8")}${path(`M${n(x - 2.6)} ${n(top - height - 15)}L${n(x)} ${n(top - height - 24)}L${n(x + 2.6)} ${n(top - height - 15)}Z`, "#3a3640")}</g>`;
  }).join("");
  return [
    shadow(half + 20),
    ellipse(200, top, half, 10, palette.dark),
    sticks,
    path(
      `M${n(200 - half)} ${n(top)}Q200 ${n(top + 16)} ${n(200 + half)} ${n(top)}V${n(FLOOR - 5)}Q200 ${n(FLOOR + 9)} ${n(200 - half)} ${n(FLOOR - 5)}Z`,
      palette.main,
    ),
    path(
      `M${n(200 + half * 0.35)} ${n(top + 7)}Q${n(200 + half * 0.7)} ${n(top + 5)} ${n(200 + half)} ${n(top)}V${n(FLOOR - 5)}Q${n(200 + half * 0.7)} ${n(FLOOR)} ${n(200 + half * 0.35)} ${n(FLOOR + 1)}Z`,
      palette.dark,
      ' opacity="0.35"',
    ),
  ].join("");
};

export const cards: Shape = (palette, random) => {
  const card = (angle: number, fill: string, face: string): string =>
    `<g transform="rotate(${n(angle)} 200 210)">${rect(106, 136, 196, 138, "#1d1a24", 4, ' opacity="0.14"')}${rect(102, 130, 196, 138, fill, 4)}${face}</g>`;
  const flap = `${path("M102 134L200 214L298 134V130H102Z", palette.light)}${stroke("M102 132L200 214L298 132", palette.dark, 3, ' opacity="0.5"')}${ellipse(200, 208, 17, 17, palette.accent)}`;
  const sun = `${ellipse(200, 190, 34, 34, palette.accent)}${path("M102 268V226Q150 200 200 224T298 214V268Z", palette.dark, ' opacity="0.8"')}`;
  const lean = random.between(8, 16);
  return `${card(-lean, "#f7f0e2", sun)}${card(lean * 0.5, palette.main, flap)}`;
};

export const pen: Shape = (palette, random) => {
  const one = (y: number, colour: string, metal: string): string =>
    `<g transform="rotate(-28 200 ${n(y)})">${rect(72, y + 8, 262, 20, "#1d1a24", 10, ' opacity="0.14"')}${rect(88, y - 13, 146, 26, colour, 11)}${rect(88, y, 146, 13, "#1d1a24", 8, ' opacity="0.16"')}${rect(228, y - 14, 9, 28, metal, 2)}${path(`M237 ${n(y - 12)}H292L334 ${n(y - 2.5)}V${n(y + 2.5)}L292 ${n(y + 12)}H237Z`, metal)}${path(`M292 ${n(y - 11)}L336 ${n(y)}L292 ${n(y + 11)}Z`, "#efe6d0")}${stroke(`M304 ${n(y)}H332`, "#3a3640", 1.6)}${rect(108, y - 21, 84, 7, metal, 3)}</g>`;
  const metal = random.pick(["#c9a24a", "#b8bcc2", "#3a3640"]);
  return random.whole(0, 1) === 0
    ? one(206, palette.main, metal)
    : `${one(166, palette.accent, metal)}${one(246, palette.main, metal)}`;
};
