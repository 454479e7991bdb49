/** Longest span a timer of Node.js can take: a longer one fires at once. */
const longestMs = 2 ** 31 - 1;

/**
 * The number of an option, or its default.
 * @throws {TypeError} that names option and range.
 */
export function checkNumber(
  option: string,
  value: unknown,
  byDefault: number,
  least: number,
  most: number = longestMs,
): number {
  if (value === undefined) return byDefault;
  if (typeof value !== "number" || !(value >= least && value <= most)) {
    throw new TypeError(
      `TieredStore option "${option}" must be a number from ${least} to ${most}, not ${shown(value)}.`,
    );
  }
  return value;
}

/** Like {@link checkNumber}, for whole numbers. */
export function checkInteger(
  option: string,
  value: unknown,
  byDefault: number,
  least: number,
  most: number,
): number {
  const checked = checkNumber(option, value, byDefault, least, most);
  if (!Number.isInteger(checked))
    throw new TypeError(`TieredStore option "${option}" must be a whole number, not ${checked}.`);
  return checked;
}

/** Numbers as they are; of anything else only its kind. */
function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : `a ${typeof value}`;
}
