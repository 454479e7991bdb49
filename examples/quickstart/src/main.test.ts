import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";

const pathOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

describe("quickstart", () => {
  it("prints what expected.txt says, and ends", async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [pathOf("dist/main.js")], {
      timeout: 15_000,
    });
    expect(stdout).toBe(await readFile(pathOf("expected.txt"), "utf8"));
    expect(stderr).toBe("");
  });

  it("is the program that the README of the repository shows", async () => {
    const [readme, program] = await Promise.all([
      readFile(pathOf("../../README.md"), "utf8"),
      readFile(pathOf("src/main.ts"), "utf8"),
    ]);
    expect(readme).toContain(`\`\`\`ts\n${program}\`\`\`\n`);
  });
});
