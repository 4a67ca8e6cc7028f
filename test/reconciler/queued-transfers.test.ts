import { describe, expect, it } from 'vitest';
import { runCommand } from '#src/admission/commands.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import type { ExecutionEnd } from '#src/core/ports/executions.ts';
import { film, putFilm } from '../harness/port-harness.ts';
import { executionId, openReconciler, openSending, statusChange } from './reconciler-harness.ts';

const dispatched = 'execution-b';

/** Opens a reconciler with a transfer that `execution-a` queued. */
async function openQueued() {
  const reconciler = await openReconciler();
  const { harness } = reconciler;
  putFilm(harness.doubles, 3000);
  await harness.ports.queue.setPause({ since: 0, underWay: 'finish' });
  const opened = await harness.open(await harness.inspect(), { executionId });
  const { transferId } = (opened as { ending: { transferId: string } } & typeof opened).ending;
  await harness.ports.queue.setPause(undefined);
  const input = JSON.stringify({ dispatched: { transferId, fence: 1 }, ...film });
  const isUntouched = async () => {
    expect(await harness.row({ transferId })).toMatchObject({ state: 'queued', fence: 1 });
    expect(harness.doubles.queue.tickets()).toHaveLength(1);
    expect(harness.doubles.events.outcomes).toEqual([]);
  };
  return { ...reconciler, reconciler, transferId, input, isUntouched };
}

const ends: readonly (readonly [string, ExecutionEnd['status']])[] = [
  ['SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
  ['TIMED_OUT', 'timed-out'],
  ['ABORTED', 'aborted'],
];

describe('a queued transfer stays unchanged', () => {
  it.each(ends)('after the execution that queued it ends as %s', async (status, end) => {
    const { reconciler, isUntouched } = await openQueued();
    reconciler.executions.ends.set(executionId, { status: end } as ExecutionEnd);
    expect(await reconciler.reconcile(statusChange(status))).toMatchObject({ result: 'unchanged' });
    await isUntouched();
  });

  it.each(ends)(
    'after a dispatched execution ends as %s before it takes the transfer',
    async (status, end) => {
      const { reconciler, input, isUntouched } = await openQueued();
      reconciler.executions.ends.set(dispatched, { status: end, input } as ExecutionEnd);
      const event = statusChange(status, { input }, dispatched);
      expect(await reconciler.reconcile(event)).toMatchObject({ result: 'unchanged' });
      await isUntouched();
    },
  );

  it('after a dispatched execution ends that recorded the transfer', async () => {
    const { reconciler, transferId, input, isUntouched } = await openQueued();
    await reconciler.harness.doubles.store.recordExecution(dispatched, transferId);
    reconciler.executions.ends.set(dispatched, { status: 'failed', input } as ExecutionEnd);
    await reconciler.reconcile(statusChange('FAILED', { input }, dispatched));
    await isUntouched();
  });

  it('by a sweep after the lease of the execution that queued it', async () => {
    const { reconciler, isUntouched } = await openQueued();
    reconciler.executions.ends.set(executionId, { status: 'succeeded' } as ExecutionEnd);
    reconciler.harness.doubles.clock.advance((leaseSeconds + 60) * 1000);
    expect(await reconciler.reconcile()).toMatchObject({ closed: 0 });
    await isUntouched();
  });
});

describe('a transfer that an operator cancelled', () => {
  async function openCancelled() {
    const reconciler = await openSending();
    const { transferId } = await reconciler.row();
    await runCommand(reconciler.harness.ports, { command: 'cancel', transferId });
    return reconciler;
  }

  it('loses its slot when its execution ends', async () => {
    const reconciler = await openCancelled();
    reconciler.executions.ends.set(executionId, { status: 'aborted' } as ExecutionEnd);
    await reconciler.reconcile(statusChange('ABORTED'));
    expect(reconciler.harness.doubles.queue.held.size).toBe(0);
  });

  it('preserves the outcome of the cancellation', async () => {
    const reconciler = await openCancelled();
    reconciler.executions.ends.set(executionId, { status: 'failed' } as ExecutionEnd);
    await reconciler.reconcile(statusChange('FAILED'));
    expect(await reconciler.row()).toMatchObject({
      state: 'cancelled',
      outcome: { cancelledBy: 'request' },
    });
  });

  it('has its event published once if the cancellation could not publish it', async () => {
    const reconciler = await openSending();
    const { harness } = reconciler;
    const { transferId } = await reconciler.row();
    harness.doubles.events.failures = 1;
    const cancelling = runCommand(harness.ports, { command: 'cancel', transferId });
    await expect(cancelling).rejects.toMatchObject({ name: 'EventNotPublishedError' });
    harness.doubles.clock.advance(3 * 60_000);
    await reconciler.reconcile();
    await reconciler.reconcile();
    expect(harness.doubles.events.outcomes).toMatchObject([{ type: 'Transfer Cancelled' }]);
  });

  it('has its slot after that event, because its execution may still send', async () => {
    const reconciler = await openSending();
    const { harness } = reconciler;
    const { transferId } = await reconciler.row();
    harness.doubles.events.failures = 1;
    await runCommand(harness.ports, { command: 'cancel', transferId }).catch(() => {});
    harness.doubles.clock.advance(3 * 60_000);
    await reconciler.reconcile();
    expect(harness.doubles.queue.held.size).toBe(1);
  });

  it('has no orphan session', async () => {
    const reconciler = await openCancelled();
    const createdAt = reconciler.harness.doubles.clock.now();
    reconciler.harness.doubles.clock.advance(3600_000);
    reconciler.listed.push({ uploadId: 'upload-1', sizeBytes: 3000, createdAt });
    expect(await reconciler.reconcile()).toMatchObject({ orphanSessions: 0 });
  });
});
