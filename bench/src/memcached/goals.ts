import { atLeast, type Goal } from "../harness/goal.js";

/** The one all are compared to. */
const rival = "memjs";

export function goalsOfGets(size: string, callers: number): Goal[] {
  const goals: Goal[] = [];
  if (size === "100 KB") goals.push(atLeast("MemcachedCache", 1.5, rival));
  else if (callers === 1) goals.push(atLeast("MemcachedCache", 1.1, rival));
  else if (callers === 128 && size === "1 KB") goals.push(atLeast("MemcachedCache", 5, rival));
  if (callers === 1) goals.push(atLeast("MemjsCache", 0.95, rival));
  else if (callers === 128 && size !== "100 KB") goals.push(atLeast("MemjsCache", 2.5, rival));
  return goals;
}

export function goalsOfBatches(): Goal[] {
  return [atLeast("MemcachedCache", 8, rival)];
}

export function goalsOfSets(size: string, callers: number): Goal[] {
  return callers === 128 && size !== "100 KB" ? [atLeast("MemcachedCache", 4, rival)] : [];
}
