import type { Palette } from "./palette.js";
import type { Random } from "./random.js";
import { ellipse, FLOOR, n, path, type Shape, shadow, stroke } from "./shape.js";

const greens = ["#4f7a55", "#5f8a5a", "#6b8f4e", "#3f6b57", "#7d9a5b"] as const;

function pot(palette: Palette, random: Random, top: number): string {
  const half = random.between(58, 72);
  const foot = half * random.between(0.62, 0.86);
  const stripe = random.whole(0, 2) === 0;
  return [
    path(
      `M${n(200 - half + 4)} ${n(top + 10)}L${n(200 - foot)} ${n(FLOOR - 8)}Q200 ${n(FLOOR + 6)} ${n(200 + foot)} ${n(FLOOR - 8)}L${n(200 + half - 4)} ${n(top + 10)}Z`,
      palette.main,
    ),
    path(
      `M${n(200 + half * 0.35)} ${n(top + 10)}L${n(200 + foot * 0.35)} ${n(FLOOR - 1)}L${n(200 + foot)} ${n(FLOOR - 8)}L${n(200 + half - 4)} ${n(top + 10)}Z`,
      palette.dark,
      ' opacity="0.35"',
    ),
    stripe
      ? stroke(
          `M${n(200 - half * 0.85)} ${n(top + 46)}Q200 ${n(top + 56)} ${n(200 + half * 0.85)} ${n(top + 46)}`,
          palette.accent,
          7,
        )
      : "",
    path(`M${n(200 - half)} ${n(top - 4)}H${n(200 + half)}V${n(top + 18)}H${n(200 - half)}Z`, palette.light),
    ellipse(200, top - 4, half, 9, "#4d382b"),
  ].join("");
}

/** A leaf from a point, `length` long, pointing at `angle` (degrees; 0 is up). */
function leaf(x: number, y: number, length: number, width: number, angle: number, fill: string): string {
  const blade = `M0 0C${n(width)} ${n(-length * 0.35)} ${n(width * 0.8)} ${n(-length * 0.85)} 0 ${n(-length)}C${n(-width * 0.8)} ${n(-length * 0.85)} ${n(-width)} ${n(-length * 0.35)} 0 0Z`;
  return `<g transform="translate(${n(x)} ${n(y)}) rotate(${n(angle)})">${path(blade, fill)}${stroke(`M0 0V${n(-length * 0.86)}`, "#fffaf0", 1.6, ' opacity="0.35"')}</g>`;
}

export const leafy: Shape = (palette, random) => {
  const top = FLOOR - random.between(78, 96);
  const count = random.whole(7, 11);
  const leaves = Array.from({ length: count }, (_, i) => {
    const angle = -78 + (156 * i) / (count - 1) + random.between(-6, 6);
    return leaf(
      200,
      top - 2,
      random.between(120, 178) * (1 - Math.abs(angle) / 260),
      random.between(22, 34),
      angle,
      random.pick(greens),
    );
  });
  return `${shadow(84)}${leaves.join("")}${pot(palette, random, top)}`;
};

export const snake: Shape = (palette, random) => {
  const top = FLOOR - random.between(82, 104);
  const count = random.whole(5, 8);
  const green = random.pick(greens);
  const leaves = Array.from({ length: count }, (_, i) => {
    const x = 200 + (i - (count - 1) / 2) * 15;
    const height = random.between(104, 168);
    const lean = (x - 200) * 0.55;
    const blade = `M${n(x - 11)} ${n(top)}Q${n(x - 15 + lean * 0.4)} ${n(top - height * 0.6)} ${n(x + lean)} ${n(top - height)}Q${n(x + 17 + lean * 0.4)} ${n(top - height * 0.6)} ${n(x + 11)} ${n(top)}Z`;
    return path(blade, green, ` stroke="#d9cf86" stroke-width="3.5"`);
  });
  return `${shadow(84)}${leaves.join("")}${pot(palette, random, top)}`;
};

export const cactus: Shape = (palette, random) => {
  const top = FLOOR - random.between(84, 100);
  const green = random.pick(greens);
  const height = random.between(120, 160);
  const half = random.between(28, 38);
  const ribs = [-0.5, 0, 0.5]
    .map((at) =>
      stroke(
        `M${n(200 + at * half)} ${n(top - 6)}V${n(top - height + 22)}`,
        "#fffaf0",
        2,
        ' opacity="0.35" stroke-dasharray="2 9"',
      ),
    )
    .join("");
  const arm = (side: number, y: number): string =>
    stroke(
      `M${n(200 + side * half * 0.8)} ${n(y)}H${n(200 + side * (half + 26))}V${n(y - random.between(34, 58))}`,
      green,
      26,
    );
  const flower = ellipse(200, top - height - 2, 12, 9, random.pick(["#e58f9a", "#eec25a", palette.accent]));
  return [
    shadow(84),
    random.whole(0, 2) > 0 ? arm(-1, top - height * 0.35) : "",
    random.whole(0, 2) > 0 ? arm(1, top - height * 0.52) : "",
    path(
      `M${n(200 - half)} ${n(top)}V${n(top - height + half)}A${n(half)} ${n(half)} 0 0 1 ${n(200 + half)} ${n(top - height + half)}V${n(top)}Z`,
      green,
    ),
    ribs,
    flower,
    pot(palette, random, top),
  ].join("");
};

export const tree: Shape = (palette, random) => {
  const top = FLOOR - random.between(70, 82);
  const crown = top - random.between(112, 128);
  const green = random.pick(greens);
  const blobs = Array.from({ length: 9 }, (_, i) => {
    const angle = (i / 9) * Math.PI * 2;
    return ellipse(
      200 + Math.cos(angle) * random.between(30, 50),
      crown + Math.sin(angle) * random.between(24, 38),
      34,
      32,
      i % 3 === 0 ? random.pick(greens) : green,
    );
  });
  const fruits =
    random.whole(0, 1) === 0
      ? ""
      : Array.from({ length: 7 }, () =>
          ellipse(
            random.between(140, 260),
            random.between(crown - 46, crown + 52),
            8,
            8,
            random.pick(["#e7a13c", "#d9683e", "#f0bb55"]),
          ),
        ).join("");
  return [
    shadow(84),
    stroke(
      `M200 ${n(top)}Q${n(random.between(192, 208))} ${n((top + crown) / 2)} 200 ${n(crown)}`,
      "#7d5b3c",
      12,
    ),
    ...blobs,
    ellipse(200, crown, 48, 40, green),
    fruits,
    pot(palette, random, top),
  ].join("");
};
