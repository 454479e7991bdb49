import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "@jest/globals";
import { compilerPath, fixturesPath } from "../fixtures/compiler.js";

/** The errors of one compilation: file, line and text with its continuation lines. */
async function errorsOf(project: string): Promise<readonly { file: string; line: number; text: string }[]> {
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [compilerPath, "-p", path.join(fixturesPath, project), "--pretty", "false"],
      (_, stdout) => resolve(stdout),
    );
  });
  // An error begins at the start of a line; its explanation is indented below it.
  return output.split(/\n(?!\s)/).flatMap((text) => {
    const start = /^(.*?)\((\d+),\d+\): error /.exec(text);
    return start === null ? [] : [{ file: path.basename(start[1] ?? ""), line: Number(start[2]), text }];
  });
}

/** The wrong uses: the first line of each, and the text that its error must have. */
function wrongUses(): ReadonlyMap<number, string> {
  const lines = readFileSync(path.join(fixturesPath, "wrong-uses.ts"), "utf8").split("\n");
  return new Map(
    lines.flatMap((line, index) => {
      const text = /^\s*\/\/ wrong: (.*)$/.exec(line)?.[1];
      return text === undefined ? [] : [[index + 2, text] as const];
    }),
  );
}

describe.each(["legacy", "standard"])("the types of the decorators, as %s decorators", (mode) => {
  it("accept every right use, and refuse every wrong one with a text that says why", async () => {
    const errors = await errorsOf(`tsconfig.${mode}.json`);
    const wrong = wrongUses();
    assert.ok(wrong.size > 20, "the fixtures were not found");

    const elsewhere = errors.filter(({ file }) => file !== "wrong-uses.ts");
    assert.deepEqual(
      elsewhere.map(({ text }) => text),
      [],
    );

    const lines = [...wrong.keys()];
    const useOf = (line: number) => lines.findLast((start) => start <= line);
    const texts = new Map<number | undefined, string>();
    for (const { line, text } of errors) texts.set(useOf(line), `${texts.get(useOf(line)) ?? ""}\n${text}`);
    for (const [line, expected] of wrong) {
      assert.ok(
        texts.get(line)?.includes(expected),
        `line ${line} must fail with "${expected}", and has: ${texts.get(line)}`,
      );
    }
    assert.equal(texts.get(undefined), undefined);
  }, 60_000);
});
