import type { Palette } from "./palette.js";
import type { Random } from "./random.js";

/**
 * Draws one kind of article on a canvas of 400 x 400; things stand on the line y = {@link FLOOR}.
 * @returns SVG elements. Everything in them comes from code, nothing from users.
 */
export type Shape = (palette: Palette, random: Random) => string;

/** Where standing things touch the table. */
export const FLOOR = 318;

/** A number short enough for markup. */
export function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A path. */
export function path(d: string, fill: string, more = ""): string {
  return `<path d="${d}" fill="${fill}"${more}/>`;
}

/** A line drawn along a path. */
export function stroke(d: string, colour: string, width: number, more = ""): string {
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${n(width)}" stroke-linecap="round" stroke-linejoin="round"${more}/>`;
}

export function rect(x: number, y: number, w: number, h: number, fill: string, r = 0, more = ""): string {
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" rx="${n(r)}" fill="${fill}"${more}/>`;
}

export function ellipse(x: number, y: number, rx: number, ry: number, fill: string, more = ""): string {
  return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="${fill}"${more}/>`;
}

/** The soft shadow under a thing of this width. */
export function shadow(halfWidth: number, x = 200, y: number = FLOOR): string {
  return ellipse(x, y, halfWidth, halfWidth * 0.12 + 4, "#1d1a24", ' opacity="0.16"');
}
