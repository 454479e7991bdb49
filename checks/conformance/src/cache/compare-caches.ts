import type { CacheBackend } from "@aside/core";
import { isAsideError } from "@aside/core";
import type { Difference } from "../run/difference.js";
import { type CacheStep, shortTtlMs, waitMs } from "./cache-step.js";
import type { CacheWorld, KnownToken } from "./cache-world.js";

/** What one world has answered so far. */
interface Side {
  readonly world: CacheWorld;
  readonly tokens: KnownToken[];
}

/**
 * Does the steps in both worlds, one after the other, and tells the first answer that differs. An entry with a short ttl may end at once or a second
 * later, by the clock of its server: until the next wait its key is left alone, but for a `set`, which asks nothing.
 */
export async function compareCaches(
  steps: readonly CacheStep[],
  simulated: CacheWorld,
  real: CacheWorld,
): Promise<Difference | undefined> {
  const sides: readonly [Side, Side] = [
    { world: simulated, tokens: [] },
    { world: real, tokens: [] },
  ];
  const ending = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const due = leaveOut(step, ending);
    if (due === undefined) continue;
    const [expected, actual] = await Promise.all([answerOf(due, sides[0]), answerOf(due, sides[1])]);
    if (expected !== actual) {
      return { index, step: JSON.stringify(due), simulated: expected, real: actual };
    }
    if (due.kind === "wait" || due.kind === "flush" || due.kind === "restart") ending.clear();
    else if ("ttlMs" in due && actual === "stored") {
      if (due.ttlMs <= shortTtlMs) ending.add(due.key);
      else ending.delete(due.key);
    }
  }
  return undefined;
}

/** The step without the keys that may end at any moment; `undefined`: nothing is left of it. */
function leaveOut(step: CacheStep, ending: ReadonlySet<string>): CacheStep | undefined {
  if (step.kind === "getMany") {
    const keys = step.keys.filter((key) => !ending.has(key));
    return keys.length === 0 ? undefined : { ...step, keys };
  }
  return "key" in step && step.kind !== "set" && ending.has(step.key) ? undefined : step;
}

async function answerOf(step: CacheStep, side: Side): Promise<string> {
  try {
    return await perform(step, side);
  } catch (error) {
    return isAsideError(error) ? error.code : `another error: ${String(error)}`;
  }
}

async function perform(step: CacheStep, { world, tokens }: Side): Promise<string> {
  const clientOf = (client: number): CacheBackend => world.clients[client] as CacheBackend;
  const chosen = (choice: number): KnownToken | undefined => tokens.at(-1 - (choice % (tokens.length || 1)));
  const stored = (key: string, token: KnownToken["token"] | undefined): string => {
    if (token === undefined) return "not stored";
    tokens.push({ key, token });
    return "stored";
  };
  switch (step.kind) {
    case "getMany": {
      const found = await world.outcome(clientOf(step.client).getMany(step.keys));
      const names = [...new Set(step.keys)];
      for (const key of names) {
        const token = found.get(key)?.token;
        if (token !== undefined) tokens.push({ key, token });
      }
      return names.map((key) => `${key}=${textOf(found.get(key)?.bytes)}`).join(" ");
    }
    case "add":
    case "set": {
      const { kind, key, text, ttlMs } = step;
      return stored(key, await world.outcome(clientOf(step.client)[kind](key, bytesOf(text), ttlMs)));
    }
    case "compareAndSet": {
      const known = chosen(step.token);
      if (known === undefined) return "no token";
      const { key, text, ttlMs } = step;
      const call = clientOf(step.client).compareAndSet(key, bytesOf(text), ttlMs, known.token);
      return stored(key, await world.outcome(call));
    }
    case "delete": {
      const known = chosen(step.token);
      if (known === undefined) return "no token";
      const removed = await world.outcome(clientOf(step.client).delete(step.key, known.token));
      return removed ? "removed" : "not removed";
    }
    case "wait":
      await world.pass(waitMs);
      return "waited";
    case "flush":
      await world.flush();
      return "flushed";
    case "restart":
      await world.restart();
      return "restarted";
  }
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

function textOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return "nothing";
  const text = Buffer.from(bytes).toString();
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}... (${text.length})` : text);
}
