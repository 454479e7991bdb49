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
    throw new TypeError(
      `TieredStore option "${option}" must be a whole number from ${least} to ${most}, not ${checked}.`,
    );
  return checked;
}

/** Longest text of an option that an error repeats. */
const longestShown = 40;

/** What an option was given, for an error: numbers, booleans and short texts as they are; of anything else only its kind. */
export function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean" || value == null) return String(value);
  if (typeof value === "string" && value.length <= longestShown) return JSON.stringify(value);
  return `a value of type ${typeof value}`;
}
