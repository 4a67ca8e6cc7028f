import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import type { ExecutionEnd } from '#src/core/ports/executions.ts';
import { crashEverywhere, executionId, openReconciler, openSending } from './reconciler-harness.ts';
import { minuteMs, publishedIds, putRow, rowOf } from './sweep-harness.ts';

describe('a sweep over transfers with an expired lease', () => {
  const openExpired = async (end: ExecutionEnd) => {
    const reconciler = await openSending();
    reconciler.executions.ends.set(executionId, end);
    reconciler.harness.doubles.clock.advance((leaseSeconds + 60) * 1000);
    return reconciler;
  };

  it.each([
    ['timed-out', 'ExecutionTimedOutError'],
    ['failed', 'ExecutionEndedError'],
    ['succeeded', 'ExecutionEndedError'],
  ] as const)('closes a transfer whose execution is %s', async (status, error) => {
    const reconciler = await openExpired({ status });
    expect(await reconciler.reconcile()).toMatchObject({ closed: 1 });
    const outcome = { status: 'failed', error };
    expect(await reconciler.row()).toMatchObject({
      state: 'failed',
      outcomePublished: true,
      outcome,
    });
    expect(reconciler.harness.doubles.queue.held.size).toBe(0);
    expect(publishedIds(reconciler)).toHaveLength(1);
  });

  it('closes a transfer whose execution was stopped as cancelled', async () => {
    const reconciler = await openExpired({ status: 'aborted' });
    expect(await reconciler.reconcile()).toMatchObject({ closed: 1 });
    expect(await reconciler.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
    expect(reconciler.harness.doubles.meter.sum('TransfersFailed')).toBe(0);
  });

  it.each(['running', 'unknown'] as const)(
    'leaves a transfer whose execution is %s',
    async (status) => {
      const reconciler = await openExpired({ status });
      expect(await reconciler.reconcile()).toMatchObject({ closed: 0 });
      expect(await reconciler.row()).toMatchObject({ state: 'active' });
      expect(publishedIds(reconciler)).toEqual([]);
    },
  );

  it('reads no execution while the lease is live', async () => {
    const reconciler = await openSending();
    reconciler.executions.ends.set(executionId, { status: 'aborted' });
    expect(await reconciler.reconcile()).toMatchObject({ closed: 0 });
    expect(reconciler.executions.calls).toEqual([]);
  });

  it('reads no execution of a transfer that renewed its lease after the listing', async () => {
    const reconciler = await openReconciler();
    const { store } = reconciler.ports;
    const stale = await putRow(reconciler, 60, { transferId: 't1' });
    const leaseUntil = reconciler.harness.doubles.clock.now() + 15 * minuteMs;
    await store.patchTransfer('t1', stale.fence, { leaseUntil }, stale.changedAt);
    const listTransfers = async function* () {
      yield stale;
    };
    reconciler.ports = { ...reconciler.ports, store: { ...store, listTransfers } };
    await reconciler.reconcile();
    expect(reconciler.executions.calls).toEqual([]);
  });

  it('finds a transfer that was taken eight days ago', async () => {
    const reconciler = await openReconciler();
    const { owner } = await putRow(reconciler, 8 * 24 * 60, { transferId: 't1' });
    reconciler.executions.ends.set(owner, { status: 'timed-out' });
    expect(await reconciler.reconcile()).toMatchObject({ closed: 1 });
  });

  it('reads the longest expired lease first and stops at its deadline', async () => {
    const reconciler = await openReconciler();
    const { clock } = reconciler.harness.doubles;
    for (const [i, minutesAgo] of [30, 90, 60].entries()) {
      await putRow(reconciler, minutesAgo, { transferId: `t${i}` });
    }
    const endOf = async (id: string) => {
      clock.advance(15_000);
      return reconciler.executions.endOf(id);
    };
    reconciler.ports = { ...reconciler.ports, executions: { endOf } };
    await reconciler.reconcile({}, 60_000);
    expect(reconciler.executions.calls).toEqual(['execution-of-t1']);
  });

  it('closes the other transfers if one transfer fails', async () => {
    const reconciler = await openReconciler();
    await putRow(reconciler, 60, { transferId: 't0' });
    const { owner } = await putRow(reconciler, 30, { transferId: 't1' });
    reconciler.executions.ends.set(owner, { status: 'aborted' });
    const endOf = async (id: string) => {
      if (id !== owner) throw new TransferError('ExecutionUnknownError', 'rate');
      return reconciler.executions.endOf(id);
    };
    reconciler.ports = { ...reconciler.ports, executions: { endOf } };
    await expect(reconciler.reconcile()).rejects.toMatchObject({ name: 'ExecutionUnknownError' });
    expect(await rowOf(reconciler, 't1')).toMatchObject({ state: 'cancelled' });
  });

  it('closes the transfer in the next run after a crash at any call', async () => {
    const calls = await crashEverywhere(async (crashing) => {
      const reconciler = await openExpired({ status: 'aborted' });
      const whole = reconciler.ports;
      reconciler.ports = crashing(whole);
      await reconciler.reconcile().catch(() => {});
      reconciler.ports = whole;
      reconciler.harness.doubles.clock.advance(5 * minuteMs);
      await reconciler.reconcile();
      expect(await reconciler.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
      expect(reconciler.harness.doubles.queue.held.size).toBe(0);
      expect([1, 2]).toContain(publishedIds(reconciler).length);
    });
    expect(calls).toBeGreaterThan(12);
  });
});
