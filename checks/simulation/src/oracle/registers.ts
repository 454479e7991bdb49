import { rowName, sourceName } from "../database/sim-collection.js";
import type { Settings, View } from "../plan/plan.js";
import { rowKeys, sourcesOf } from "../plan/plan.js";

/** Rows whose states are checked, and the cache keys that show them. */
export function cacheKeyOf(key: string): string {
  return `s:${key}`;
}

export const views: readonly View[] = ["u", "v"];

/** The views that show a source. */
export function viewsOf(source: number): readonly View[] {
  return views.filter((view) => sourcesOf[view].includes(source));
}

/** What views that show the source are loaded under, in plans with tags. */
export function tagOf(source: number): string {
  return `t${source}`;
}

/** The keys that a write of this row makes stale. */
export function keysShowing(register: string): readonly string[] {
  const row = rowKeys.find((key) => rowName(key) === register);
  if (row !== undefined) return [row];
  return views.filter((view) => sourcesOf[view].some((source) => sourceName(source) === register));
}

/** Which node answers for a key. Numbered keys take turns, so each node owns one of the first of them. */
export function nodeIndexOf(cacheKey: string, nodes: number): number {
  let sum = 0;
  for (let index = 0; index < cacheKey.length; index += 1) sum += cacheKey.charCodeAt(index);
  return sum % nodes;
}

/** The key of a generation's seed on a node (core's `flow/generations.ts`). */
export function seedKeyOn(node: number, generation: string, nodes: number): string {
  for (let number = 0; ; number += 1) {
    const seedKey = `s${generation}~${number}`;
    if (nodeIndexOf(seedKey, nodes) === node) return seedKey;
  }
}

export const wholeStore = "~all";

/** How a write says what is stale: by keys or tags, or by a clear. */
export interface Dropping {
  readonly clears: boolean;
}

/** The entry whose hold, release or removal keeps `cacheKey` from showing what `register` was before the write: its own, or a seed's. */
export function guardOf(
  { clears }: Dropping,
  cacheKey: string,
  register: string,
  { tagged, nodes }: Settings,
  node: number = nodeIndexOf(cacheKey, nodes),
): string {
  if (clears) return seedKeyOn(node, wholeStore, nodes);
  const source = sourceOf(register);
  return tagged && source !== undefined ? seedKeyOn(node, `~tag:${tagOf(source)}`, nodes) : cacheKey;
}

/** The keys whose entries are dropped with this one: it is their own, or the seed of their generation. */
export function keysDroppedWith(cacheKey: string): readonly string[] {
  if (cacheKey.startsWith(`s${wholeStore}`)) return [...rowKeys, ...views];
  const source = sourcesOf.v.find((one) => cacheKey.startsWith(`s~tag:${tagOf(one)}~`));
  return source === undefined ? [cacheKey.slice(cacheKeyOf("").length)] : viewsOf(source);
}

function sourceOf(register: string): number | undefined {
  return sourcesOf.v.find((source) => sourceName(source) === register);
}
