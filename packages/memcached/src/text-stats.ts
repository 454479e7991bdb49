import type { Milliseconds } from "@aside/core";
import { TextAsk } from "./text-ask.js";
import type { TextConnection } from "./text-connection.js";

/** What the server tells of itself in general, by name. */
export async function askTextStats(
  connection: TextConnection,
  timeoutMs: Milliseconds,
): Promise<ReadonlyMap<string, string>> {
  const lines = await connection.send(
    new TextAsk("stats\r\n", (line) => !line.startsWith("STAT ")),
    timeoutMs,
  );
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^STAT (\S+) (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}
