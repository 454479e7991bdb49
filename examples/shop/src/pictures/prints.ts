import { mix, shade } from "./colours.js";
import type { Palette } from "./palette.js";
import type { Random } from "./random.js";
import { ellipse, n, path, rect, type Shape, stroke } from "./shape.js";

/** Puts a picture of 200 x 252 into a frame on the wall. */
function framed(palette: Palette, random: Random, inner: string): string {
  const frame = random.pick(["#2f2b2c", "#c99f68", "#f6f1e6", "#7d5739"]);
  const mat = random.between(10, 24);
  return [
    rect(86, 50, 240, 292, "#1d1a24", 2, ' opacity="0.18"'),
    rect(80, 42, 240, 292, frame, 2),
    rect(89, 51, 222, 274, "#fbf7ee"),
    `<svg x="${n(89 + mat)}" y="${n(51 + mat)}" width="${n(222 - mat * 2)}" height="${n(274 - mat * 2)}" viewBox="0 0 200 252" preserveAspectRatio="xMidYMid slice">${rect(0, 0, 200, 252, palette.light)}${inner}</svg>`,
  ].join("");
}

export const hills: Shape = (palette, random) => {
  const layers = Array.from({ length: 5 }, (_, i) => {
    const y = 104 + i * 30;
    const points = [
      random.between(-26, 20),
      random.between(-30, 24),
      random.between(-20, 24),
      random.between(-26, 20),
    ];
    return path(
      `M0 ${n(y + (points[0] as number))}C50 ${n(y + (points[1] as number) - 20)} 90 ${n(y + 22)} 120 ${n(y + (points[2] as number))}S180 ${n(y - 18)} 200 ${n(y + (points[3] as number))}V252H0Z`,
      mix(shade(palette.accent, -0.35), shade(palette.main, 0.45), i / 4),
    );
  });
  return framed(
    palette,
    random,
    `${ellipse(random.between(50, 150), random.between(46, 84), random.between(20, 32), 0, "none")}${sun(palette, random)}${layers.join("")}`,
  );
};

function sun(palette: Palette, random: Random): string {
  const r = random.between(18, 32);
  return ellipse(random.between(48, 152), random.between(48, 86), r, r, mix(palette.accent, "#f2b04a", 0.5));
}

export const circles: Shape = (palette, random) => {
  const colours = [
    palette.main,
    palette.accent,
    palette.dark,
    "#f3ead8",
    mix(palette.main, palette.accent, 0.5),
  ];
  const columns = random.whole(2, 4);
  const size = 200 / columns;
  const tiles: string[] = [];
  for (let x = 0; x < columns; x++) {
    for (let y = 0; y * size < 252; y++) {
      const turn = random.whole(0, 3) * 90;
      const back = random.pick(colours);
      const front = random.pick(colours.filter((colour) => colour !== back));
      const figure = random.pick([
        path("M0 0H1A1 1 0 0 1 0 1Z", front),
        ellipse(0.5, 0.5, 0.5, 0.5, front),
        path("M0 0H1V1Z", front),
        path("M0 0.5A0.5 0.5 0 0 1 1 0.5V1H0Z", front),
      ]);
      tiles.push(
        `<g transform="translate(${n(x * size)} ${n(y * size)}) scale(${n(size)}) rotate(${turn} 0.5 0.5)"><rect width="1.02" height="1.02" fill="${back}"/>${figure}</g>`,
      );
    }
  }
  return framed(palette, random, tiles.join(""));
};

export const waves: Shape = (palette, random) => {
  const step = random.between(15, 22);
  const swing = random.between(8, 16);
  const lines = Array.from({ length: 20 }, (_, i) => {
    const y = i * step;
    return stroke(
      `M-10 ${n(y)}q27 ${n(-swing)} 54 0t54 0t54 0t54 0`,
      i % 3 === 0 ? palette.accent : mix(palette.main, palette.dark, (i % 5) / 4),
      step * 0.55,
    );
  });
  return framed(palette, random, lines.join(""));
};

export const botanical: Shape = (palette, random) => {
  const lean = random.between(-26, 26);
  const pairs = random.whole(5, 8);
  const green = random.pick([shade(palette.main, 0.2), palette.dark, "#5f8a5a"]);
  const leaves = Array.from({ length: pairs }, (_, i) => {
    const t = i / pairs;
    const x = 100 + lean * t * t;
    const y = 214 - t * 160;
    const length = 54 * (1 - t * 0.55);
    const blade = (side: number): string =>
      `<g transform="translate(${n(x)} ${n(y)}) rotate(${n(side * (62 - t * 22))})">${path(`M0 0C${n(length * 0.3)} ${n(-length * 0.3)} ${n(length * 0.24)} ${n(-length * 0.86)} 0 ${n(-length)}C${n(-length * 0.24)} ${n(-length * 0.86)} ${n(-length * 0.3)} ${n(-length * 0.3)} 0 0Z`, i % 2 === 0 ? green : palette.accent)}</g>`;
    return blade(-1) + blade(1);
  });
  return framed(
    palette,
    random,
    `${rect(0, 0, 200, 252, "#f8f1e3")}${stroke(`M100 236Q100 140 ${n(100 + lean)} 40`, green, 4)}${leaves.join("")}`,
  );
};
