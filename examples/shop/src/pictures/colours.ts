/** The colours that products come in. */
export const colours = {
  celadon: "#9fc3b0",
  oatmeal: "#dccbb0",
  cobalt: "#34569f",
  terracotta: "#c26a42",
  charcoal: "#45484f",
  moss: "#74824a",
  ochre: "#d59f3c",
  rose: "#d79d97",
  sky: "#94bdd3",
  plum: "#74486a",
  cream: "#efe4ce",
  ink: "#2b3557",
  sage: "#a3b494",
  rust: "#a94f2d",
  oak: "#c99f68",
  walnut: "#7d5739",
  brass: "#c9a24a",
  linen: "#e6dcc8",
  lilac: "#b3a4cc",
  coral: "#e0806a",
} as const;

export type ColourName = keyof typeof colours;

/** Whether a text from outside names a colour. */
export function isColourName(text: string): text is ColourName {
  return Object.hasOwn(colours, text);
}

/** A colour between two others; `share` of the second one, 0 to 1. Both as `#rrggbb`. */
export function mix(first: string, second: string, share: number): string {
  const channel = (at: number): string => {
    const a = Number.parseInt(first.slice(at, at + 2), 16);
    const b = Number.parseInt(second.slice(at, at + 2), 16);
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** A darker or, with a negative share, lighter shade. */
export function shade(colour: string, share: number): string {
  return share >= 0 ? mix(colour, "#1d1a24", share) : mix(colour, "#fffaf0", -share);
}
