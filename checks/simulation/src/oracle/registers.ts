import { rowName, sourceName } from "../database/sim-collection.js";
import { rowKeys, sourcesOf, type View } from "../plan/plan.js";

/** Rows whose states are checked, and the cache keys that show them. */
export function cacheKeyOf(key: string): string {
  return `s:${key}`;
}

export const views: readonly View[] = ["u", "v"];

export const allKeys: readonly string[] = [...rowKeys, ...views].map(cacheKeyOf);

/** The views that show a source. */
export function viewsOf(source: number): readonly View[] {
  return views.filter((view) => sourcesOf[view].includes(source));
}

/** The keys that a write of this row makes stale. */
export function keysShowing(register: string): readonly string[] {
  const row = rowKeys.find((key) => rowName(key) === register);
  if (row !== undefined) return [row];
  return views.filter((view) => sourcesOf[view].some((source) => sourceName(source) === register));
}
