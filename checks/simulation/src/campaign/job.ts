/** What a worker is asked to do, and what it answers. */
export interface Job {
  readonly firstSeed: number;
  readonly count: number;
}

export interface Failure {
  readonly seed: number;
  readonly violation: string;
}

export interface JobResult {
  readonly schedules: number;
  readonly events: number;
  readonly reads: number;
  readonly excused: readonly (readonly [reason: string, count: number])[];
  readonly failures: readonly Failure[];
}

export interface WorkerSetup {
  /** Address of the library's index module. */
  readonly core: string;
}
