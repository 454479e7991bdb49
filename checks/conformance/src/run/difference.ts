/** The first answer of a sequence that was not the same in both worlds. */
export interface Difference {
  /** Which step it was. */
  readonly index: number;
  readonly step: string;
  readonly simulated: string;
  readonly real: string;
}
