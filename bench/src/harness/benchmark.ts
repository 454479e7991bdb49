import type { ServerName } from "@aside/test-servers";
import type { Bench } from "./bench.js";

/** A program of cases that share servers and contenders. */
export interface Benchmark {
  readonly name: string;
  /** For the list of benchmarks. */
  readonly about: string;
  readonly servers: readonly ServerName[];
  /** The packages that take part, whose versions are printed. */
  readonly packages: readonly string[];
  /** Opens what is needed, hands each case to `bench`, and closes all. */
  run(bench: Bench): Promise<void>;
  /** Watches the memory instead, over so many operations. Absent: not here. */
  watchMemory?(bench: Bench, operations: number): Promise<void>;
}
