/** A seed that once broke an invariant, and why; each is run again by a test, and must pass. */
export interface Regression {
  readonly seed: number;
  readonly why: string;
}

/** What a seed does changes with the simulation: one that no longer shows its bug is replaced. */
export const regressions: readonly Regression[] = [
  { seed: 353, why: "a replaced session's asset became ready after its transfer had ended" },
  { seed: 5_385, why: "a failed transfer's replaced session made an asset that nobody told of" },
  { seed: 2_007, why: 'an execution redriven into its failure told of it beside a ready asset' },
  { seed: 25_693, why: 'one retired proof, and wrong bytes were not compared with the checksum' },
  { seed: 47_704, why: 'a forced start was redriven, and made a second further ingest' },
  { seed: 903_030, why: 'an aborted start went for a transfer whose owner was over: unreported' },
];
