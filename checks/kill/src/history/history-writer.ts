import { closeSync, openSync, writeSync } from "node:fs";
import type { HistoryEvent } from "./history-event.js";

/** Appends the lines of one process to its file. Each line is handed to the operating system before `write` returns. */
export class HistoryWriter implements Disposable {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  write(event: HistoryEvent): void {
    writeSync(this.#file, `${JSON.stringify(event)}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
