import type { Finding } from "./play.js";

const head = [
  "fault",
  "transport",
  "calls answered",
  "calls failed",
  "values compared",
  "longest promise, ms",
  "other server: calls, slowest ms",
  "served again after, ms",
  "verdict",
];

/** The findings as a table of Markdown. */
export function* table(findings: readonly Finding[]): Generator<string> {
  yield row(head);
  yield row(head.map(() => "---"));
  for (const finding of findings) yield row(cells(finding));
}

function cells(finding: Finding): string[] {
  return [
    finding.fault,
    `\`${finding.transport}\``,
    String(finding.answered),
    [...finding.failures].map(([code, times]) => `${times} ${short(code)}`).join(", ") || "0",
    String(finding.valuesChecked),
    ms(finding.longestMs),
    `${finding.soundAnswered}, ${ms(finding.soundLongestMs)}`,
    ms(finding.recoveryMs),
    finding.complaints.length === 0 ? "stood" : `**${finding.complaints.length} complaints**`,
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function ms(value: number): string {
  return value.toFixed(0);
}

function short(code: string): string {
  return code.replace("CACHE_", "").toLowerCase();
}
