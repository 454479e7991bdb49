import type { Row } from "./comparison.js";
import type { MemorySample } from "./memory.js";

/** Lines of text in columns: the first to the left, the others to the right. */
export function table(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  return lines.map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** What a case found. The quartiles of the ratio stand in brackets. */
export function comparisonTable(rows: readonly Row[]): string[] {
  const latency = rows.some(({ p99Ms }) => p99Ms !== undefined);
  const header = ["", "op/s", "ratio", "[quartiles]", "cpu us/op", ...(latency ? ["p50 ms", "p99 ms"] : [])];
  const lines = rows.map(({ name, perSecond, ratio, cpuUs, p50Ms, p99Ms }) => [
    name,
    threeDigits(perSecond),
    ratio.median.toFixed(2),
    `[${ratio.low.toFixed(2)}..${ratio.high.toFixed(2)}]`,
    threeDigits(cpuUs),
    ...(p50Ms === undefined || p99Ms === undefined ? [] : [p50Ms.toFixed(2), p99Ms.toFixed(2)]),
  ]);
  return table([header, ...lines]);
}

export function memoryTable(seen: readonly MemorySample[]): string[] {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2);
  const lines = seen.map(({ operations, heapBytes, rssBytes }) => [
    operations.toLocaleString("en"),
    megabytes(heapBytes),
    megabytes(rssBytes),
  ]);
  return table([["operations", "heap MB", "rss MB"], ...lines]);
}

/** `12,300`, `9.87`: more digits than that are noise. */
function threeDigits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 2 });
}
