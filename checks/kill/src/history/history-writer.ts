import { closeSync, openSync, writeSync } from "node:fs";
import type { HistoryEvent } from "./history-event.js";

/**
 * Appends the lines of one process to its file, in their order. What later events may rest on is handed to the operating system before
 * `write` returns; the rest at the end of the event loop's turn, together: of that a `kill -9` may lose the last, and nothing is accused
 * or excused wrongly for it.
 */
export class HistoryWriter implements Disposable {
  readonly #file: number;
  #waiting = "";

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  write(event: HistoryEvent): void {
    if (this.#waiting === "") setImmediate(() => this.#flush());
    this.#waiting += `${JSON.stringify(event)}\n`;
    if (!mayWait(event)) this.#flush();
  }

  [Symbol.dispose](): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#waiting === "") return;
    writeSync(this.#file, this.#waiting);
    this.#waiting = "";
  }
}

/** Reads bind others only once they are in the history; signs of life and steps that concern no hold excuse nothing by their absence. */
function mayWait(event: HistoryEvent): boolean {
  switch (event.type) {
    case "read":
    case "read-failed":
    case "beat":
      return true;
    case "cache":
      return event.kind !== "hold" && event.step !== "connect";
    default:
      return false;
  }
}
