import { describe, expect, test } from "@jest/globals";
import { weaknesses } from "../protocol/settings.js";
import { reportLines } from "../run/report.js";
import { type Case, casesOf, runCase } from "./run-case.js";
import { scenarios } from "./scenarios.js";

const cases = casesOf(scenarios);

function caseOf(scenario: string, weakness?: string): Case {
  const found = cases.find((one) => one.scenario.name === scenario && one.cousin?.weakness === weakness);
  if (found === undefined) throw new Error(`no case ${scenario} / ${weakness}`);
  return found;
}

describe("the table of scenarios", () => {
  test("has a cousin for every weakness that the model knows", () => {
    const used = new Set(cases.map(({ cousin }) => cousin?.weakness));
    expect(weaknesses.filter((weakness) => !used.has(weakness))).toEqual([]);
  });

  test("names each scenario once", () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  });
});

describe("runCase", () => {
  test.each(["crash of a writer", "commit unknown", "@Invalidates", "tag, joiners"])(
    "%s: the promise is kept",
    (name) => {
      const verdict = runCase(caseOf(name));
      expect(verdict.expected).toBe(true);
      expect(verdict.exploration.failure).toBeUndefined();
    },
  );

  test.each([
    ["crash of a writer", "no holds"],
    ["joiners of a flight", "joiners take any value"],
    ["tag, seed added late", "unconfirmed seeds are used"],
    ["@Invalidates, overlapping", "intents follow the work"],
  ])("%s: fails when %s", (name, weakness) => {
    const one = caseOf(name, weakness);
    const verdict = runCase(one);
    expect(verdict.expected).toBe(true);
    expect(verdict.exploration.failure?.problem.kind).toBe(one.cousin?.fails);
  });

  test("merging states changes neither the verdict nor the length of the shortest history", () => {
    const one = caseOf("restart in a write, release unconfirmed", "unconfirmed releases are ignored");
    const merged = runCase(one).exploration;
    const all = runCase(one, false).exploration;
    expect(all.states).toBeGreaterThan(merged.states);
    expect(all.failure?.problem).toEqual(merged.failure?.problem);
    expect(all.failure?.history).toHaveLength(merged.failure?.history.length ?? 0);
  });

  test("a cousin that no longer fails is not what the table says", () => {
    const { scenario } = caseOf("crash of a writer");
    const harmless = { weakness: "seeds are counted", failure: "", fails: "old read" } as const;
    expect(runCase({ scenario, cousin: harmless }).expected).toBe(false);
  });

  test("a protocol that breaks its promise is not what the table says, and is reported with its history", () => {
    // A hold that the cache forgets inside the commit window, and no log: the design promises nothing there.
    const scenario = {
      ...caseOf("crash of a writer").scenario,
      settings: { writers: ["row"], evictions: 1, evicted: "anything", crashes: 1, readers: 2 } as const,
    };
    const one = { scenario, cousin: undefined };
    const verdict = runCase(one);
    expect(verdict.expected).toBe(false);
    const lines = reportLines(one, verdict, false);
    expect(lines[0]).toMatch(/^FAIL crash of a writer: .*\(old for good; \d+ states/);
    expect(lines).toContain("     The table says: no problem.");
    expect(lines).toContain("      1. writer 1 begins, writes the row and so locks it");
    expect(lines.some((line) => line.endsWith("the cache evicts the hold"))).toBe(true);
    expect(lines.at(-1)).toBe(
      "     => the cache serves the initial value, without the write of 1; nothing is left that would remove it",
    );
  });
});
