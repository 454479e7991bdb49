import { describe, expect, it } from "@jest/globals";
import { parseCommand } from "./command-line.js";

describe("the command line", () => {
  it("takes a seed, a number of sequences and the wish for a proof", () => {
    expect(parseCommand(["--seed", "7", "--sequences", "3", "--prove"])).toEqual({
      seed: 7,
      sequences: 3,
      prove: true,
    });
  });

  it("has a random seed by default, and no command where help is asked for", () => {
    expect(parseCommand([])).toMatchObject({ sequences: 100, prove: false });
    expect(parseCommand(["--help"])).toBeUndefined();
  });

  it.each([["--seed", "x"], ["--seed", ""], ["--sequences", "1.5"], ["--sequences=-1"], ["--speed"]])(
    "refuses %s",
    (...args) => {
      expect(() => parseCommand(args)).toThrow(/seed|sequences|speed/);
    },
  );
});
