import { describe, expect, it } from 'vitest';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import type { ExecutionEnd } from '#src/core/ports/executions.ts';
import { runCommand } from '#src/queue/commands.ts';
import { film, putFilm } from '../conformance/bench.ts';
import { executionId, openSending, openSettleStage, statusChange } from './settle-stage.ts';

const dispatched = 'execution-b';

/** A transfer that `execution-a` queued, and the reconciler. */
async function openQueued() {
  const settle = await openSettleStage();
  const { harness } = settle;
  putFilm(harness.bench, 3000);
  await harness.ports.queue.setPause({ since: 0, underWay: 'finish' });
  const opened = await harness.open(await harness.inspect(), { executionId });
  const { transferId } = (opened as { ending: { transferId: string } } & typeof opened).ending;
  await harness.ports.queue.setPause(undefined);
  const input = JSON.stringify({ dispatched: { transferId, fence: 1 }, ...film });
  const isUntouched = async () => {
    expect(await harness.row({ transferId })).toMatchObject({ state: 'queued', fence: 1 });
    expect(harness.bench.queue.tickets()).toHaveLength(1);
    expect(harness.bench.events.outcomes).toEqual([]);
  };
  return { ...settle, settle, transferId, input, isUntouched };
}

const ends: readonly (readonly [string, ExecutionEnd['status']])[] = [
  ['SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
  ['TIMED_OUT', 'timed-out'],
  ['ABORTED', 'aborted'],
];

describe('the reconciler leaves a queued transfer alone', () => {
  it.each(ends)('where the execution that queued it ends as %s', async (status, end) => {
    const { settle, isUntouched } = await openQueued();
    settle.ends.ends.set(executionId, { status: end } as ExecutionEnd);
    expect(await settle.reconcile(statusChange(status))).toMatchObject({ became: 'left' });
    await isUntouched();
  });

  it.each(ends)(
    'where a dispatched execution ends as %s before it takes it',
    async (status, end) => {
      const { settle, input, isUntouched } = await openQueued();
      settle.ends.ends.set(dispatched, { status: end, input } as ExecutionEnd);
      const event = statusChange(status, { input }, dispatched);
      expect(await settle.reconcile(event)).toMatchObject({ became: 'left' });
      await isUntouched();
    },
  );

  it('where a dispatched execution ends after it noted the transfer', async () => {
    const { settle, transferId, input, isUntouched } = await openQueued();
    await settle.harness.bench.store.recordExecution(dispatched, transferId);
    settle.ends.ends.set(dispatched, { status: 'failed', input } as ExecutionEnd);
    await settle.reconcile(statusChange('FAILED', { input }, dispatched));
    await isUntouched();
  });

  it('where a sweep comes after the lease of the execution that queued it', async () => {
    const { settle, isUntouched } = await openQueued();
    settle.ends.ends.set(executionId, { status: 'succeeded' } as ExecutionEnd);
    settle.harness.bench.clock.advance((leaseSeconds + 60) * 1000);
    expect(await settle.reconcile()).toMatchObject({ settled: 0 });
    await isUntouched();
  });
});

describe('the reconciler of a transfer that an operator cancelled', () => {
  async function openCancelled() {
    const settle = await openSending();
    const { transferId } = await settle.row();
    await runCommand(settle.harness.ports, { command: 'cancel', transferId });
    return settle;
  }

  it('frees its slot once its execution has ended', async () => {
    const settle = await openCancelled();
    settle.ends.ends.set(executionId, { status: 'aborted' } as ExecutionEnd);
    await settle.reconcile(statusChange('ABORTED'));
    expect(settle.harness.bench.queue.held.size).toBe(0);
  });

  it('leaves what the cancel wrote', async () => {
    const settle = await openCancelled();
    settle.ends.ends.set(executionId, { status: 'failed' } as ExecutionEnd);
    await settle.reconcile(statusChange('FAILED'));
    expect(await settle.row()).toMatchObject({
      state: 'cancelled',
      outcome: { cancelledBy: 'request' },
    });
  });

  it('sends its event once where the cancel could not', async () => {
    const settle = await openSending();
    const { harness } = settle;
    const { transferId } = await settle.row();
    harness.bench.events.refusals = 1;
    const cancelling = runCommand(harness.ports, { command: 'cancel', transferId });
    await expect(cancelling).rejects.toMatchObject({ name: 'EventNotPublishedError' });
    harness.bench.clock.advance(3 * 60_000);
    await settle.reconcile();
    await settle.reconcile();
    expect(harness.bench.events.outcomes).toMatchObject([{ type: 'Transfer Cancelled' }]);
  });

  it('frees no slot by sending that event, since the execution may still send', async () => {
    const settle = await openSending();
    const { harness } = settle;
    const { transferId } = await settle.row();
    harness.bench.events.refusals = 1;
    await runCommand(harness.ports, { command: 'cancel', transferId }).catch(() => {});
    harness.bench.clock.advance(3 * 60_000);
    await settle.reconcile();
    expect(harness.bench.queue.held.size).toBe(1);
  });

  it('calls its session no orphan', async () => {
    const settle = await openCancelled();
    const createdAt = settle.harness.bench.clock.now();
    settle.harness.bench.clock.advance(3600_000);
    settle.listed.push({ uploadId: 'upload-1', sizeBytes: 3000, createdAt });
    expect(await settle.reconcile()).toMatchObject({ orphanSessions: 0 });
  });
});
