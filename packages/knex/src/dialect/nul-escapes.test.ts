import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { escapeNul, restoreNul } from "./nul-escapes.js";

const pieces = ["\0", "\u0001", "n", "a"];
const texts = ["", ...pieces].flatMap((a) =>
  pieces.flatMap((b) => pieces.flatMap((c) => [a + b + c, `${a}${c}`])),
);

it("texts of NULs, marks and letters come back, without a NUL in between and each in its own way", () => {
  const different = new Set(texts);
  assert.equal(new Set([...different].map(escapeNul)).size, different.size);
  for (const text of different) {
    assert.ok(!escapeNul(text).includes("\0"));
    assert.equal(restoreNul(escapeNul(text)), text);
  }
});

it("ordinary text is kept as it is", () => {
  assert.equal(escapeNul("Zoë\n\t'\"\\ 漢字"), "Zoë\n\t'\"\\ 漢字");
});
