import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { HistoryEvent } from "./history-event.js";

/** Reads the lines of one process. What a `kill -9` left of a last line is dropped: nobody acted on it. */
export async function readHistoryFile(path: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let torn: string | undefined;
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (torn !== undefined) throw new Error("The history has a damaged line that is not its last one.");
    try {
      events.push(JSON.parse(line) as HistoryEvent);
    } catch {
      torn = line;
    }
  }
  return events;
}
