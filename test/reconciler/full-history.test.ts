import { describe, expect, it } from 'vitest';
import { maxFullHistories } from '#src/core/limits/limits.ts';
import type { ExecutionEnd } from '#src/core/ports/executions.ts';
import { film } from '../harness/port-harness.ts';
import { itemOf, type Planned } from '../harness/step-harness.ts';
import { executionId, openSending, statusChange } from './reconciler-harness.ts';

/** How Step Functions ends an execution with a full history (loads/ardere#86, floci-io/floci#2734). */
const full = {
  error: 'States.Runtime',
  cause: 'The execution reached the maximum number of history events (25000).',
};

/** A transfer of three chunks, of which one is stored, whose execution ended with an error. */
async function openEnded(end: object = full) {
  const reconciler = await openSending(3);
  const { harness, opened, executions } = reconciler;
  const first = { n: 1, first: 1, last: 1, calls: 0, idleCalls: 0 };
  await harness.send({ ...itemOf(opened), range: first });
  executions.ends.set(executionId, { status: 'failed', ...end } as ExecutionEnd);
  const endExecution = () => reconciler.reconcile(statusChange('FAILED', end));
  return { ...reconciler, endExecution };
}

describe('a transfer whose execution ended because its history was full', () => {
  it('is queued, and the next execution continues from the stored chunks', async () => {
    const { harness, endExecution, row } = await openEnded();
    await endExecution();
    expect(await row()).toMatchObject({ state: 'queued', fullHistories: 1 });
    expect(harness.doubles.events.outcomes).toEqual([]);
    expect(harness.doubles.queue.held.size).toBe(0);
    const { transferId, fence } = await row();
    const next = { executionId: 'execution-b' };
    const input = { dispatched: { transferId, fence }, ...film };
    const planned = (await harness.open(input, next)) as Planned;
    await harness.sendAll(planned, next);
    expect(harness.doubles.calls).toMatchObject({ opened: 1, sends: { length: 3 } });
  });

  it('is queued once if Step Functions reports the end twice', async () => {
    const { harness, endExecution, row } = await openEnded();
    await endExecution();
    await endExecution();
    expect(await row()).toMatchObject({ state: 'queued', fullHistories: 1 });
    expect(harness.doubles.queue.tickets()).toHaveLength(1);
  });

  it('is queued by a sweep if no event arrived', async () => {
    const { harness, reconcile, row } = await openEnded();
    harness.doubles.clock.advance(3_600_000);
    await reconcile();
    expect(await row()).toMatchObject({ state: 'queued' });
  });

  it(`fails by name after ${maxFullHistories} such ends`, async () => {
    const { harness, endExecution, row } = await openEnded();
    const { transferId, fence } = await row();
    const patch = { fullHistories: maxFullHistories };
    await harness.doubles.store.patchTransfer(transferId, fence, patch, 0);
    await endExecution();
    expect(await row()).toMatchObject({
      state: 'failed',
      outcome: { error: 'ExecutionEndedError' },
    });
  });

  it.each([
    ['of another error of the platform', { error: 'States.Runtime', cause: 'Invalid path' }],
    ['of an operator', { error: 'Operator', cause: full.cause }],
  ])('fails as before if the end is one %s', async (_, end) => {
    const { endExecution, row } = await openEnded(end);
    await endExecution();
    expect(await row()).toMatchObject({ state: 'failed' });
  });

  it('fails as before if its bytes are complete: there is nothing to send', async () => {
    const { harness, endExecution, row } = await openEnded();
    const { transferId, fence } = await row();
    await harness.doubles.store.patchTransfer(transferId, fence, { bytesCompleteAt: 1 }, 0);
    await endExecution();
    expect(await row()).toMatchObject({ state: 'failed' });
  });
});
