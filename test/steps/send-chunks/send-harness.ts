import { itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

/** Returns a harness with one planned range. */
export async function planRange(
  chunks: number,
  tuned: Parameters<typeof StepHarness.create>[1] = {},
) {
  const harness = await StepHarness.create({}, tuned);
  const opened = await harness.openTransfer(chunks);
  const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
  return { harness, opened, item: itemOf(opened), key };
}

export function provenChunks(harness: StepHarness, { transferId }: Planned) {
  return harness.doubles.store.chunks(transferId, 1);
}

export async function rangeRow(harness: StepHarness, { transferId }: Planned) {
  return (await harness.doubles.store.ranges(transferId, 1))[0];
}

export function sentIndexes(harness: StepHarness): number[] {
  return harness.doubles.calls.sends.map(({ index }) => index);
}

/** Runs all pending work that needs no time. */
export async function runPending(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
}
