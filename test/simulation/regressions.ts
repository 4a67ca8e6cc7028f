/** A seed that once broke an invariant, and why; each is run again by a test, and must pass. */
export interface Regression {
  readonly seed: number;
  readonly why: string;
}

/** What a seed does changes with the simulation: one that no longer shows its bug is replaced. */
export const regressions: readonly Regression[] = [
  { seed: 740, why: "a replaced session's asset became ready after its transfer had ended" },
  { seed: 1_442, why: "a replaced session's asset could not be asked about and was forgotten" },
  { seed: 101_763, why: "one of three replaced sessions' assets could not be asked about" },
  { seed: 3_736, why: 'a zombie opened a third session over the second, whose asset nobody knew' },
  { seed: 7_488, why: "a failed transfer's replaced session made an asset that nobody told of" },
  { seed: 30_462, why: "a superseded transfer's replaced session made an asset nobody told of" },
];
