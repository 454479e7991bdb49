import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "@jest/globals";
import { greeting } from "../fixtures/readme.js";

describe("the README", () => {
  it("shows the code of fixtures/readme.ts", async () => {
    const readme = await readFile("packages/inversify/README.md", "utf8");
    const code = await readFile("packages/inversify/fixtures/readme.ts", "utf8");
    assert.equal(/```ts\n(.*?)```/s.exec(readme)?.[1], code);
  });

  it("shows code that works", () => {
    assert.equal(greeting, "Hello Ada");
  });
});
