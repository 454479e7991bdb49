import { describe, expect, it } from "@jest/globals";
import { centsToField, formatCents, parseCents } from "./money.js";

describe("money", () => {
  it.each([
    ["12", 1200],
    ["12.5", 1250],
    ["12,50", 1250],
    [" 0.07 ", 7],
    ["0.29", 29],
    ["1.15", 115],
    ["999999.99", 99_999_999],
  ])("reads %j as whole cents", (text, cents) => {
    expect(parseCents(text)).toBe(cents);
  });

  it.each([[""], ["-1"], ["1.234"], ["1e3"], ["12 €"], ["1000000"], ["NaN"], ["1.2.3"], ["٣"], ["0x10"]])(
    "refuses %j",
    (text) => {
      expect(parseCents(text)).toBeUndefined();
    },
  );

  it("gives back what it read", () => {
    for (const cents of [0, 5, 99, 100, 1050, 123_456]) expect(parseCents(centsToField(cents))).toBe(cents);
  });

  it("shows amounts in euros", () => {
    expect(formatCents(123_450)).toBe("€1,234.50");
  });
});
