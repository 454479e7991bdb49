import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it, jest } from "@jest/globals";

describe("the README", () => {
  it("shows the program that is compiled", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const program = await readFile(new URL("../fixtures/readme-example.ts", import.meta.url), "utf8");
    assert.equal(/```ts\n([\s\S]*?)```/.exec(readme)?.[1], program);
  });

  it("shows a program that works", async () => {
    const print = jest.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      await import("../fixtures/readme-example.js");
      assert.equal(JSON.stringify(print.mock.calls), "[[360]]");
    } finally {
      print.mockRestore();
    }
  });
});
