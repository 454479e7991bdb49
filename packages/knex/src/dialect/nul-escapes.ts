/**
 * PostgreSQL keeps every character in text but NUL. It stands as `\u0001n` there, and `\u0001`, which no ordinary text has, as `\u0001\u0001`:
 * so different texts stay different, and all others are kept as they are, for other SQL to read.
 */
export function escapeNul(text: string): string {
  if (!text.includes("\0") && !text.includes(mark)) return text;
  return text.replaceAll(mark, mark + mark).replaceAll("\0", `${mark}n`);
}

export function restoreNul(text: string): string {
  if (!text.includes(mark)) return text;
  return text.replace(escapes, (_, after: string) => (after === "n" ? "\0" : mark));
}

const mark = "\u0001";
const escapes = new RegExp(`${mark}(n|${mark})`, "g");
