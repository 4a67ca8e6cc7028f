import { StepHarness } from '../../harness/step-harness.ts';

export const ready = { status: 'ready', assetId: 'asset-1' };

/** Returns a transfer with a ready asset and no outcome. */
export async function readyTransfer() {
  const harness = await StepHarness.create();
  const startedAt = harness.doubles.clock.now();
  const opened = await harness.openTransfer(3);
  await harness.sendAll(opened);
  harness.doubles.clock.advance(2_000);
  const state = await harness.confirm(opened);
  harness.doubles.clock.advance(3_500);
  const ended = { ...state, next: 'ended', ending: ready };
  return { harness, state, ended, call: { executionStartedAt: startedAt } };
}

/** Records the failure of an execution whose AwaitAsset failed. */
export async function recordFailure(error: { Error: string; Cause: string }) {
  const { harness, state } = await readyTransfer();
  return {
    harness,
    state,
    recorded: await harness.record({ ...state, errorIn: { AwaitAsset: error } }),
  };
}

export function eventTypes({ doubles }: StepHarness): string[] {
  return doubles.events.outcomes.map(({ type }) => type);
}
