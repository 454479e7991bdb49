import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import type { HistoryEvent } from "./history-event.js";
import { HistoryWriter } from "./history-writer.js";
import { readHistoryFile } from "./read-history-file.js";

const beat: HistoryEvent = { type: "beat", atMs: 1 };
const began: HistoryEvent = { type: "write-began", write: "w-1", what: "update", atMs: 2 };

describe("the history of one process", () => {
  let folder: string;
  let path: string;
  let writer: HistoryWriter;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aside-history-"));
    path = join(folder, "history.jsonl");
    writer = new HistoryWriter(path);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it("is in the file before a write is issued, with all that came before", async () => {
    writer.write(beat);
    assert.equal(readFileSync(path, "utf8"), "");
    writer.write(began);
    assert.deepEqual(await readHistoryFile(path), [beat, began]);
    writer[Symbol.dispose]();
  });

  it("is in the file at the end of a turn", async () => {
    writer.write(beat);
    await turn();
    assert.deepEqual(await readHistoryFile(path), [beat]);
    writer[Symbol.dispose]();
  });

  it("lacks at most a torn last line", async () => {
    writer.write(began);
    writer[Symbol.dispose]();
    appendFileSync(path, '{"type":"be');
    assert.deepEqual(await readHistoryFile(path), [began]);
    appendFileSync(path, "\n{}\n");
    await assert.rejects(readHistoryFile(path), /damaged line/);
  });
});
