import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ConfigError } from "../config/config-error.js";
import { ownFile } from "./sqlite-owner.js";

describe("ownFile", () => {
  let folder = "";
  let file = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aside-shop-owner-"));
    file = join(folder, "shop.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("gives a file to one owner at a time", () => {
    const first = ownFile(file, true);
    expect(() => ownFile(file, true)).toThrow(ConfigError);
    first.release();
    ownFile(file, true).release();
  });

  it("knows a file under any of its names", () => {
    const first = ownFile(file, true);
    const link = join(folder, "link.sqlite");
    writeFileSync(file, "");
    symlinkSync(file, link);
    expect(() => ownFile(link, true)).toThrow(ConfigError);
    first.release();
  });

  it("lets several share it that have a common cache", () => {
    const first = ownFile(file, false);
    const second = ownFile(file, false);
    expect(() => ownFile(file, true)).toThrow(ConfigError);
    first.release();
    second.release();
  });

  it("lets nobody share it with one that is alone", () => {
    const alone = ownFile(file, true);
    expect(() => ownFile(file, false)).toThrow(ConfigError);
    alone.release();
  });

  it("says which file it is about, in one line", () => {
    const first = ownFile(file, true);
    expect(() => ownFile(file, true)).toThrow(new RegExp(`^another shop uses ${file}; [^\n]+$`));
    first.release();
  });
});
