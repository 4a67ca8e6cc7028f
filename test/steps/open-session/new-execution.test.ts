import { describe, expect, it } from 'vitest';
import {
  maxCallsPerExecution,
  maxRangesPerExecution,
  maxRoundsPerExecution,
  maxSendingSeconds,
} from '#src/core/limits/limits.ts';
import type { Owned } from '#src/step-support/state.ts';
import { planRound } from '#src/steps/open-session/plan-round.ts';
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
      ending: { status: 'queued', because: 'the execution has no room for another round' },
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

  it('goes on in a local run, which has no history', async () => {
    const { harness, sendOne, plan } = await fullExecution();
    harness.tune({ isLocalRun: true });
    await sendOne();
    expect(await plan()).toMatchObject({ next: 'send' });
  });

  it('keeps its ticket if a repeated call runs while its last write is late', async () => {
    const { harness, sendOne, plan, row } = await fullExecution();
    await sendOne();
    const { store, queue } = harness.ports;
    const { patchTransfer } = store;
    let repeated: Promise<unknown> | undefined;
    store.patchTransfer = async (...args) => {
      if (args[2].state === 'queued' && !repeated) {
        repeated = plan().catch((error: unknown) => error);
        await repeated;
      }
      return patchTransfer(...args);
    };
    await plan().catch((error: unknown) => error);
    expect(await row(1)).toMatchObject({ state: 'queued' });
    expect(await queue.firstTickets('live', 10)).toHaveLength(1);
  });
});

describe('a history that has no room for another round', () => {
  const owned = {
    ...{ round: 1, probes: 0, planned: 1, calls: 1, proven: 3, provenAtStart: 3 },
    ...{ sessionsOpened: 0, sessionNumber: 2 },
  };
  const full = { calls: maxCallsPerExecution };
  const range = { n: 1, first: 1, last: 2 };
  const planWith = (fields: object, isLocalRun = false, ageSeconds = 0) => {
    const plan = { ranges: [range], probe: [range] };
    const moment = { now: ageSeconds * 1000, executionStartedAt: 0, isLocalRun };
    return planRound({ ...owned, ...fields } as unknown as Owned, plan, 4, moment);
  };

  it.each([
    ['of calls', full],
    ['of rounds', { round: maxRoundsPerExecution }],
    ['of ranges', { planned: maxRangesPerExecution }],
    ['in a session that this execution opened', { ...full, sessionsOpened: 1 }],
    ['in the fourth session', { ...full, sessionsOpened: 1, sessionNumber: 4 }],
    ['during an outage', { ...full, outage: { since: 0 }, proven: 4 }],
  ])('goes on in another execution: %s', (_, fields) => {
    expect(planWith(fields)).toBe('new-execution');
  });

  it.each([
    ['without progress', { ...full, provenAtStart: 4 }],
    ['at its first plan', { ...full, provenAtStart: undefined }],
    // Sessions that replace each other could keep executions following each other without end.
    ['in the fifth session', { ...full, sessionsOpened: 1, sessionNumber: 5 }],
  ])('fails by name %s', (_, fields) => {
    expect(() => planWith(fields)).toThrow(
      expect.objectContaining({ name: 'RoundsExhaustedError' }),
    );
  });

  it('goes on in another execution half of its time limit after its start, but never in a local run', () => {
    expect(planWith({}, false, maxSendingSeconds - 1)).toMatchObject({ ranges: [range] });
    expect(planWith({}, false, maxSendingSeconds)).toBe('new-execution');
    expect(planWith({}, true, maxSendingSeconds)).toMatchObject({ ranges: [range] });
  });

  it('names the limits that it has: a local run has none of calls and hours', () => {
    const messageOf = (isLocalRun: boolean) => {
      try {
        planWith({ round: maxRoundsPerExecution, provenAtStart: 4 }, isLocalRun, 7_200);
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    expect(messageOf(true)).toBe(
      'round 13 with 2 planned ranges exceeds the limit of 12 rounds, 800 ranges for one run',
    );
    expect(messageOf(false)).toBe(
      'round 13 with 2 planned ranges and 7 calls, 2.0 hours after the start, exceeds the limit of 12 rounds, 800 ranges, 2200 calls and 84 hours for one execution',
    );
  });

  it('has room for a call less, and for any calls in a local run', () => {
    expect(planWith({ calls: maxCallsPerExecution - 6 })).toMatchObject({ ranges: [range] });
    expect(planWith(full, true)).toMatchObject({ ranges: [range] });
  });
});
