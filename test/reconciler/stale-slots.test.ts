import { describe, expect, it } from 'vitest';
import { openReconciler, type ReconcilerHarness } from './reconciler-harness.ts';
import { hourMs, measured, minuteMs, putRow } from './sweep-harness.ts';

describe('a sweep over slots', () => {
  const hold = (reconciler: ReconcilerHarness, slot: number, transferId: string, minutes = 10) => {
    const since = reconciler.harness.doubles.clock.now() - hourMs;
    const until = since + hourMs + minutes * minuteMs;
    return reconciler.harness.doubles.queue.takeSlot(
      { slot, transferId, fence: 1, since, until },
      since,
    );
  };
  const cancelledBy = (cancelledBy?: string) =>
    ({
      state: 'cancelled',
      outcomePublished: true,
      outcome: { status: 'cancelled', cancelledBy },
    }) as const;
  const held = ({ harness }: ReconcilerHarness) => [...harness.doubles.queue.held.keys()];

  it.each([
    ['with an expired lease', { state: 'active' }, -1],
    ['of a failed transfer', { state: 'failed', outcomePublished: true }, 10],
    ['of a queued transfer', { state: 'queued' }, 10],
    ['of a transfer whose execution was stopped', cancelledBy(), 10],
    ['of a cancelled transfer with an expired lease', { ...cancelledBy('request'), slot: 1 }, -1],
    ['that a cancelled transfer did not record', cancelledBy('request'), 10],
  ] as const)('clears a slot %s', async (_of, row, minutes) => {
    const reconciler = await openReconciler();
    await putRow(reconciler, 1, { transferId: 't1', ...row });
    await hold(reconciler, 1, 't1', minutes);
    expect(await reconciler.reconcile()).toMatchObject({ slotsReleased: 1 });
    expect(held(reconciler)).toEqual([]);
  });

  it.each([
    ['of an active transfer', { state: 'active' }],
    ['of a cancelled transfer that may still send', { ...cancelledBy('request'), slot: 1 }],
  ] as const)('leaves a slot %s until its lease expires', async (_of, row) => {
    const reconciler = await openReconciler();
    await putRow(reconciler, 1, { transferId: 't1', ...row });
    await hold(reconciler, 1, 't1');
    expect(await reconciler.reconcile()).toMatchObject({ slotsReleased: 0 });
    expect(held(reconciler)).toEqual([1]);
  });

  it('leaves a slot that was taken again after the listing', async () => {
    const reconciler = await openReconciler();
    await putRow(reconciler, 1, { transferId: 't1', state: 'queued' });
    await hold(reconciler, 1, 't1');
    const { store, queue } = reconciler.ports;
    const again = { slot: 1, transferId: 't1', fence: 2, since: 0, until: Number.MAX_SAFE_INTEGER };
    const transfer = async (id: string) => {
      const row = await store.transfer(id);
      await queue.takeSlot(again, reconciler.harness.doubles.clock.now());
      return row;
    };
    reconciler.ports = { ...reconciler.ports, store: { ...store, transfer } };
    await reconciler.reconcile();
    expect(reconciler.harness.doubles.queue.held.get(1)).toEqual(again);
  });

  it('leaves a slot whose transfer has no row yet', async () => {
    const reconciler = await openReconciler();
    await hold(reconciler, 1, 'unknown');
    expect(await reconciler.reconcile()).toMatchObject({ slotsReleased: 0 });
  });

  it('measures the slots with a live lease', async () => {
    const reconciler = await openReconciler();
    for (const slot of [1, 2, 3]) await hold(reconciler, slot, `t${slot}`, slot === 3 ? -1 : 5);
    await reconciler.reconcile();
    expect(measured(reconciler, 'ActiveTransfers')).toEqual([2]);
  });

  it('measures 0 without findings, because the alarms need a value', async () => {
    const reconciler = await openReconciler();
    await reconciler.reconcile();
    const gauges = [
      'ActiveTransfers',
      'SessionsNearExpiry',
      'OrphanSessions',
      'UnconfirmedEvents',
    ] as const;
    expect(gauges.map((metric) => measured(reconciler, metric))).toEqual(gauges.map(() => [0]));
  });
});
