import { type Exploration, explore } from "../explorer/explore.js";
import { protocol } from "../protocol/protocol.js";
import { defaultSettings, type Settings } from "../protocol/settings.js";
import type { Cousin, Scenario } from "./scenario.js";

/** One exploration of the table: a scenario under the protocol, or under one of its cousins. */
export interface Case {
  readonly scenario: Scenario;
  readonly cousin: Cousin | undefined;
}

export interface Verdict {
  readonly exploration: Exploration;
  readonly elapsedMs: number;
  /** Whether it came out as the table says: the protocol finds no problem, a cousin the one it is there for. */
  readonly expected: boolean;
}

/** All cases of the scenarios, those without a problem first: they are the larger ones. */
export function casesOf(scenarios: readonly Scenario[]): Case[] {
  const protocols = scenarios.map((scenario) => ({ scenario, cousin: undefined }));
  const cousins = scenarios.flatMap((scenario) => scenario.cousins.map((cousin) => ({ scenario, cousin })));
  return [...protocols, ...cousins];
}

export function settingsOf({ scenario, cousin }: Case): Settings {
  return { ...defaultSettings, ...scenario.settings, weakness: cousin?.weakness };
}

/** @param merge - whether states that differ only in what no longer matters are explored once. */
export function runCase(one: Case, merge = true): Verdict {
  const startedMs = performance.now();
  const exploration = explore(protocol(settingsOf(one), merge));
  const elapsedMs = performance.now() - startedMs;
  return { exploration, elapsedMs, expected: exploration.failure?.problem.kind === one.cousin?.fails };
}
