import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { type ServerName, serverBinary } from "@aside/test-servers";

/** On what, and with what, the figures were found. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** By name: packages, and servers. */
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(packages: readonly string[], servers: readonly ServerName[]): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? "unknown",
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    versions: Object.fromEntries([
      ...packages.map((name) => [name, versionOfPackage(name)]),
      ...servers.map((name) => [`${name} server`, versionOfServer(name)]),
    ]),
  };
}

/** Load average of the last minute. */
export function loadNow(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** Whether others work on the machine so much that only ratios of one run can be believed. Ask before the run begins. */
export function isBusy(load: number, cores: number): boolean {
  return load > cores / 4;
}

function versionOfPackage(name: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

function versionOfServer(name: ServerName): string {
  const binary = serverBinary(name);
  if (binary === undefined) throw new Error(`${name} is not installed.`);
  const told = execFileSync(binary, ["-V"], { encoding: "utf8" });
  return /\d+\.\d+[\w.-]*/.exec(told)?.[0] ?? told.trim();
}
