import { describe, expect, it } from 'vitest';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import { StepHarness } from '../../harness/step-harness.ts';
import { eventTypes, readyTransfer } from './record-harness.ts';

describe('RecordOutcome of an error while another execution owns the transfer', () => {
  const error = { Error: 'RoundsExhaustedError', Cause: '' };

  /** Returns a transfer that another execution took after this one started, and completed. */
  async function takenOver() {
    const { harness, state, ended, call } = await readyTransfer();
    const row = await harness.row(state);
    const taken = { ...row, owner: 'execution-b', fence: row.fence + 1 };
    await harness.doubles.store.takeTransfer(taken, row);
    await harness.record({ ...ended, fence: taken.fence }, { executionId: 'execution-b' });
    return { harness, state, call };
  }

  it.each([
    ['names it', (transferId: string) => ({ transferId })],
    ['ended before it named it', () => ({})],
  ])('reports nothing if the state %s', async (_, stateOf) => {
    const { harness, state, call } = await takenOver();
    const late = await harness.record(
      { ...stateOf(state.transferId), errorIn: { AwaitAsset: error } },
      call,
    );
    expect(late).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(eventTypes(harness)).toEqual(['Transfer Ready']);
    expect(await harness.doubles.store.transfer(rejectionIdOf('execution-a'))).toBeUndefined();
  });

  it('reports a start that tried to take it from a silent owner, which may have ended', async () => {
    const harness = await StepHarness.create();
    const { transferId } = await harness.openTransfer(3);
    harness.doubles.clock.advance(6_000);
    const late = { executionId: 'execution-b', executionStartedAt: harness.doubles.clock.now() };
    await harness.doubles.store.recordExecution('execution-b', transferId);
    expect(await harness.record({ errorIn: { InspectSource: error } }, late)).toMatchObject({
      error: 'RoundsExhaustedError',
    });
    expect(await harness.row({ transferId: rejectionIdOf('execution-b') })).toMatchObject({
      outcomePublished: true,
    });
    expect(eventTypes(harness)).toEqual(['Transfer Failed']);
  });

  it('reports nothing for a start that lost it to an owner that has renewed its lease', async () => {
    const harness = await StepHarness.create();
    const early = { executionId: 'execution-b', executionStartedAt: harness.doubles.clock.now() };
    harness.doubles.clock.advance(6_000);
    const { transferId } = await harness.openTransfer(3);
    await harness.doubles.store.recordExecution('execution-b', transferId);
    expect(await harness.record({ errorIn: { InspectSource: error } }, early)).toMatchObject({
      error: 'FencedOutError',
    });
    expect(eventTypes(harness)).toEqual([]);
  });

  it.each(['failed', 'superseded'] as const)(
    'reports a start that tried to take it if it is %s: the end may not be its own',
    async (state) => {
      const { harness, state: owned, call } = await takenOver();
      const { transferId, fence } = await harness.row(owned);
      await harness.doubles.store.patchTransfer(
        transferId,
        fence,
        { state },
        harness.doubles.clock.now(),
      );
      const late = await harness.record({ errorIn: { InspectSource: error } }, call);
      expect(late).toMatchObject({ next: 'fail', error: 'RoundsExhaustedError' });
      expect(eventTypes(harness)).toEqual(['Transfer Ready', 'Transfer Failed']);
    },
  );
});
