import { describe, expect, it } from 'vitest';
import { openReconciler } from './reconciler-harness.ts';
import { measured, minuteMs, publishedIds, putOver, rowOf } from './sweep-harness.ts';

describe('a sweep over unpublished outcomes', () => {
  it.each([
    ['ready', 'Transfer Ready'],
    ['failed', 'Transfer Failed'],
    ['superseded', 'Transfer Superseded'],
    ['rejected', 'Transfer Failed'],
    ['cancelled', 'Transfer Cancelled'],
  ] as const)('publishes a %s transfer as %s', async (state, type) => {
    const reconciler = await openReconciler();
    const { outcome } = await putOver(reconciler, 't1', { state });
    expect(await reconciler.reconcile()).toMatchObject({ eventsSent: 1 });
    expect(reconciler.harness.doubles.events.outcomes).toMatchObject([{ type, detail: outcome }]);
    expect(await rowOf(reconciler, 't1')).toMatchObject({ state, outcomePublished: true });
    expect(await reconciler.reconcile()).toMatchObject({ eventsSent: 0 });
  });

  it('leaves an outcome younger than two minutes to the step that wrote it', async () => {
    const reconciler = await openReconciler();
    const changedAt = reconciler.harness.doubles.clock.now() - 119_000;
    await putOver(reconciler, 't1', { changedAt });
    await reconciler.reconcile();
    expect(publishedIds(reconciler)).toEqual([]);
    expect(measured(reconciler, 'UnconfirmedEvents')).toEqual([0]);
  });

  it('publishes the longest waiting outcome first', async () => {
    const reconciler = await openReconciler();
    const { clock } = reconciler.harness.doubles;
    for (const minutes of [20, 40, 30]) {
      await putOver(reconciler, `t${minutes}`, { changedAt: clock.now() - minutes * minuteMs });
    }
    await reconciler.reconcile();
    expect(publishedIds(reconciler)).toEqual(['t40', 't30', 't20']);
  });

  it('publishes the other outcomes if one fails, counts the rest, and throws the error', async () => {
    const reconciler = await openReconciler();
    for (const id of ['t1', 't2', 't3']) await putOver(reconciler, id);
    reconciler.harness.doubles.events.failures = 1;
    await expect(reconciler.reconcile()).rejects.toMatchObject({
      name: 'EventNotPublishedError',
      message: expect.stringMatching(/^unpublished events: /),
    });
    expect(publishedIds(reconciler)).toHaveLength(2);
    expect(measured(reconciler, 'UnconfirmedEvents')).toEqual([1]);
    await reconciler.reconcile();
    expect(publishedIds(reconciler)).toHaveLength(3);
  });

  it('removes a published outcome from the index', async () => {
    const reconciler = await openReconciler();
    const over = await putOver(reconciler, 't1', { outcomePublished: true });
    const patches: object[] = [];
    const store = {
      ...reconciler.ports.store,
      listUnpublished: async function* () {
        yield over;
      },
      patchTransfer: async (_id: string, _fence: number, patch: object) => patches.push(patch) > 0,
    };
    reconciler.ports = { ...reconciler.ports, store };
    await reconciler.reconcile();
    expect(patches).toEqual([{ outcomePublished: true }]);
    expect(publishedIds(reconciler)).toEqual([]);
  });

  it('publishes nothing for a transfer that was taken again after the listing', async () => {
    const reconciler = await openReconciler();
    const over = await putOver(reconciler, 't1');
    const again = { ...over, state: 'active', fence: 2, outcome: undefined } as const;
    const { store } = reconciler.ports;
    const listUnpublished = async function* () {
      await store.takeTransfer(again, over);
      yield over;
    };
    reconciler.ports = { ...reconciler.ports, store: { ...store, listUnpublished } };
    await reconciler.reconcile();
    expect(publishedIds(reconciler)).toEqual([]);
    expect(await rowOf(reconciler, 't1')).toMatchObject({
      state: 'active',
      outcomePublished: false,
    });
  });
});
