import { ellipse, FLOOR, n, path, rect, type Shape, shadow, stroke } from "./shape.js";

export const stool: Shape = (palette, random) => {
  const half = random.between(72, 88);
  const top = FLOOR - random.between(138, 178);
  const splay = random.between(8, 26);
  const rung = top + (FLOOR - top) * 0.62;
  const leg = (side: number, spread: number): string =>
    stroke(
      `M${n(200 + side * (half - 24))} ${n(top + 12)}L${n(200 + side * (half - 24 + spread))} ${n(FLOOR - 4)}`,
      palette.dark,
      12,
    );
  return [
    shadow(half + 20),
    stroke(
      `M188 ${n(top + 12)}L${n(188 - splay * 0.3)} ${n(FLOOR - 22)}M214 ${n(top + 12)}L${n(214 + splay * 0.3)} ${n(FLOOR - 22)}`,
      palette.dark,
      9,
      ' opacity="0.65"',
    ),
    stroke(`M${n(200 - half + 20)} ${n(rung)}H${n(200 + half - 20)}`, palette.dark, 8),
    leg(-1, splay),
    leg(1, splay),
    ellipse(200, top + 8, half, 17, palette.dark),
    ellipse(200, top, half, 17, random.whole(0, 1) === 0 ? palette.main : palette.accent),
    ellipse(190, top - 3, half * 0.6, 8, "#fffaf0", ' opacity="0.2"'),
  ].join("");
};

export const chair: Shape = (palette, random) => {
  const seat = FLOOR - random.between(92, 104);
  const back = seat - random.between(112, 134);
  const kind = random.whole(0, 2);
  const slats =
    kind === 0
      ? Array.from({ length: 4 }, (_, i) =>
          stroke(`M${n(162 + i * 26)} ${n(back + 22)}V${n(seat - 8)}`, palette.main, 7),
        ).join("")
      : kind === 1
        ? rect(146, back + 8, 108, 62, palette.accent, 16)
        : [0, 1, 2]
            .map((i) =>
              stroke(
                `M146 ${n(back + 26 + i * 30)}Q200 ${n(back + 16 + i * 30)} 254 ${n(back + 26 + i * 30)}`,
                palette.main,
                9,
              ),
            )
            .join("");
  return [
    shadow(104),
    stroke(
      `M150 ${n(seat)}L144 ${n(FLOOR - 16)}M250 ${n(seat)}L256 ${n(FLOOR - 16)}`,
      palette.dark,
      9,
      ' opacity="0.6"',
    ),
    stroke(`M142 ${n(seat)}V${n(back)}M258 ${n(seat)}V${n(back)}`, palette.dark, 11),
    slats,
    stroke(`M142 ${n(back + 4)}Q200 ${n(back - 12)} 258 ${n(back + 4)}`, palette.dark, 13),
    stroke(
      `M134 ${n(seat + 8)}L124 ${n(FLOOR - 3)}M266 ${n(seat + 8)}L276 ${n(FLOOR - 3)}`,
      palette.dark,
      12,
    ),
    path(`M142 ${n(seat - 10)}H258L282 ${n(seat + 14)}H118Z`, palette.main),
    rect(118, seat + 12, 164, 12, palette.dark, 5),
  ].join("");
};

export const sideTable: Shape = (palette, random) => {
  const half = random.between(92, 112);
  const top = FLOOR - random.between(118, 146);
  const single = random.whole(0, 1) === 0;
  const legs = single
    ? `${stroke(`M200 ${n(top)}V${n(FLOOR - 12)}`, palette.dark, 15)}${ellipse(200, FLOOR - 8, 56, 11, palette.dark)}`
    : stroke(
        `M${n(200 - half + 28)} ${n(top + 8)}L${n(200 - half + 12)} ${n(FLOOR - 4)}M${n(200 + half - 28)} ${n(top + 8)}L${n(200 + half - 12)} ${n(FLOOR - 4)}M200 ${n(top + 8)}V${n(FLOOR - 18)}`,
        palette.dark,
        11,
      );
  const cup = `${rect(172, top - 42, 40, 34, palette.accent, 6)}${stroke(`M212 ${n(top - 34)}q18 2 0 18`, palette.accent, 6)}`;
  const book = `${rect(150, top - 20, 90, 12, palette.accent, 2)}${rect(158, top - 32, 78, 12, "#f7f0e2", 2)}`;
  return [
    shadow(half * 0.9),
    legs,
    ellipse(200, top + 7, half, 18, palette.dark),
    ellipse(200, top, half, 18, palette.main),
    random.pick([cup, book, ""]),
  ].join("");
};

export const shelf: Shape = (palette, random) => {
  const boards = random.whole(3, 4);
  const top = FLOOR - 232;
  const gap = 224 / (boards - 1);
  const things = Array.from({ length: boards - 1 }, (_, row) => {
    const y = top + gap * (row + 1) - 5;
    const books = random.whole(0, 2);
    if (books < 2) {
      const start = random.between(122, 180);
      return Array.from({ length: random.whole(3, 6) }, (_, i) => {
        const height = random.between(gap * 0.42, gap * 0.7);
        const colour = random.pick([
          palette.accent,
          "#f3ead8",
          "#c65a3e",
          "#5f8a8a",
          palette.light,
          "#e0b04f",
        ]);
        return rect(start + i * 13, y - height, 11.5, height, colour, 1.5);
      }).join("");
    }
    const x = random.between(140, 250);
    return `${rect(x - 15, y - 26, 30, 26, palette.accent, 5)}${ellipse(x - 10, y - 40, 9, 18, "#5f8a5a", ` transform="rotate(-24 ${n(x - 10)} ${n(y - 40)})"`)}${ellipse(x + 10, y - 40, 9, 18, "#4f7a55", ` transform="rotate(24 ${n(x + 10)} ${n(y - 40)})"`)}${ellipse(x, y - 44, 9, 20, "#6b8f4e")}`;
  }).join("");
  return [
    shadow(112),
    rect(112, top, 176, 232, "#1d1a24", 3, ' opacity="0.08"'),
    things,
    ...Array.from({ length: boards }, (_, i) => rect(106, top + gap * i - 5, 188, 11, palette.main, 3)),
    rect(104, top - 8, 11, 240, palette.dark, 3),
    rect(285, top - 8, 11, 240, palette.dark, 3),
  ].join("");
};
