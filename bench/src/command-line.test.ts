import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { parseCommand, usage } from "./command-line.js";
import type { Benchmark } from "./harness/benchmark.js";

const plain: Benchmark = { name: "plain", about: "of x", servers: [], packages: [], run: async () => {} };
const watched: Benchmark = { ...plain, name: "watched", watchMemory: async () => {} };
const all = [plain, watched];

describe("the command line of bench", () => {
  it("names a benchmark", () => {
    const rest = { quick: false, only: undefined, json: undefined, memoryOperations: undefined };
    assert.deepEqual(parseCommand(["plain"], all), { benchmark: plain, ...rest });
  });

  it("takes options", () => {
    const args = [
      "watched",
      "--quick",
      "--only",
      "1 KB",
      "--json",
      "x.json",
      "--memory",
      "--operations",
      "5",
    ];
    const rest = { quick: true, only: "1 KB", json: "x.json", memoryOperations: 5 };
    assert.deepEqual(parseCommand(args, all), { benchmark: watched, ...rest });
  });

  it.each([
    { args: ["watched", "--memory"], operations: 10_000_000 },
    { args: ["watched", "--memory", "--quick"], operations: 20_000 },
  ])("watches $operations operations with $args", ({ args, operations }) => {
    assert.equal(parseCommand(args, all)?.memoryOperations, operations);
  });

  it.each([
    { args: [], message: /Name one/ },
    { args: ["plain", "watched"], message: /Name one/ },
    { args: ["other"], message: /no benchmark "other"/ },
    { args: ["plain", "--memory"], message: /plain has no --memory/ },
    { args: ["plain", "--operations", "5"], message: /goes with --memory/ },
    { args: ["watched", "--memory", "--operations", "1e-3"], message: /--operations takes a whole number/ },
    { args: ["plain", "--slow"], message: /--slow/ },
  ])("refuses $args", ({ args, message }) => {
    assert.throws(() => parseCommand(args, all), { name: "TypeError", message });
  });

  it("lists the benchmarks", () => {
    assert.equal(parseCommand(["--help"], all), undefined);
    assert.match(usage(all), /^ {2}plain +of x$/m);
  });
});
