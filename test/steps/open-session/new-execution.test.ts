import { describe, expect, it } from 'vitest';
import { maxCallsPerExecution } from '#src/core/limits/limits.ts';
import type { Owned } from '#src/step-support/state.ts';
import { needsNewExecution } from '#src/steps/open-session/plan-round.ts';
import { nameOfFilm, openQueue } from '../../admission/queue-harness.ts';
import { itemOf, type Planned } from '../../harness/step-harness.ts';

/** Returns a transfer of two ranges, of which one has its proofs, and no room for further calls. */
async function fullExecution() {
  const queue = await openQueue({ chunksInFlight: 1, mapConcurrency: 2 });
  const { harness } = queue;
  const opened = await queue.start(1, {});
  const [range] = opened.ranges;
  const half = { ...opened, ranges: [{ n: 1, first: 1, last: 1 }] } as Planned;
  expect(range).toMatchObject({ first: 1, last: 2 });
  const sendOne = () => harness.send(itemOf(half), { executionId: 'execution-1' });
  const full = { ...opened, calls: maxCallsPerExecution, next: 'missing' };
  const plan = (fields: object = {}) =>
    harness.open({ ...full, ...fields }, { executionId: 'execution-1' });
  return { ...queue, opened, sendOne, plan };
}

describe('an execution that has no room for another call', () => {
  it('queues its transfer, which the next execution continues in the same session', async () => {
    const { harness, sendOne, plan, row, dispatch, goOn } = await fullExecution();
    await sendOne();
    expect(await plan()).toMatchObject({
      next: 'ended',
      ending: { status: 'queued', because: 'the execution made as many calls as it may' },
    });
    expect(await row(1)).toMatchObject({ state: 'queued' });
    expect((await harness.doubles.queue.slots(1)).length).toBe(0);
    expect(await dispatch()).toMatchObject({ running: 1 });
    const { transferId, fence } = await row(1);
    const input = { dispatched: { transferId, fence }, ...nameOfFilm(1) };
    const next = await goOn({ name: 'dispatched', input });
    expect(next).toMatchObject({ next: 'send', sessionNumber: 1, provenAtStart: 1 });
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('gives the same answer if its last call is repeated', async () => {
    const { sendOne, plan } = await fullExecution();
    await sendOne();
    const first = await plan();
    expect(await plan()).toMatchObject({ ending: { status: 'queued' } });
    expect(first).toMatchObject({ ending: { status: 'queued' } });
  });

  it('fails by name if it stored no chunk', async () => {
    const { plan, row } = await fullExecution();
    await expect(plan()).rejects.toMatchObject({ name: 'RoundsExhaustedError' });
    expect(await row(1)).toMatchObject({ state: 'active' });
  });

  it('fails by name in a local run, which no dispatcher continues', async () => {
    const { harness, sendOne, plan } = await fullExecution();
    harness.tune({ isLocalRun: true });
    await sendOne();
    await expect(plan()).rejects.toMatchObject({ name: 'RoundsExhaustedError' });
  });
});

describe('another execution is needed', () => {
  const range = { n: 1, first: 1, last: 2 };
  const full = {
    calls: maxCallsPerExecution,
    provenAtStart: 3,
    sessionsOpened: 0,
    sessionNumber: 2,
  };

  it.each([
    ['after progress in the session of the execution before', {}, true],
    [
      'after progress in the first session of the transfer',
      { sessionsOpened: 1, sessionNumber: 1 },
      true,
    ],
    ['not without progress', { provenAtStart: 4 }, false],
    ['not before the first plan', { provenAtStart: undefined }, false],
    ['not while there is room', { calls: maxCallsPerExecution - 6 }, false],
    // Sessions that replace each other could keep executions following each other without end.
    ['not if a session replaced another', { sessionsOpened: 1 }, false],
  ])('%s', (_, fields, isNeeded) => {
    expect(needsNewExecution({ ...full, ...fields } as Owned, [range], 4)).toBe(isNeeded);
  });
});
