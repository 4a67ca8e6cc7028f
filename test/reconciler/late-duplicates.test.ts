import { describe, expect, it } from 'vitest';
import { transferRecord } from '../aws/dynamodb/table-fixture.ts';
import {
  executionId,
  openReconciler,
  openSending,
  type ReconcilerHarness,
  statusChange,
} from './reconciler-harness.ts';
import { hourMs } from './sweep-harness.ts';

describe('a sweep over replaced sessions', () => {
  /** A transfer whose first session the service forgot, with all its bytes in the second. */
  async function replaced() {
    const reconciler = await openSending(1);
    const { harness, opened } = reconciler;
    harness.service.forgetSessions();
    const again = await harness.open({ ...opened, next: 'expired' });
    await harness.sendAll(again as typeof opened);
    return { reconciler, confirmed: await harness.confirm(again) };
  }

  async function timeOut(reconciler: ReconcilerHarness) {
    reconciler.executions.ends.set(executionId, { status: 'timed-out' });
    await reconciler.reconcile(statusChange('TIMED_OUT'));
  }

  /** Every asset is ready from now on, that of the forgotten session too. */
  function makeAllReady(reconciler: ReconcilerHarness) {
    const ready = async () => ({ phase: 'ready' as const });
    const destination = { ...reconciler.ports.destination, assetStatus: ready };
    reconciler.ports = { ...reconciler.ports, destination };
  }

  it('records and counts an asset once that a replaced session created after the end', async () => {
    const { reconciler, confirmed } = await replaced();
    const { harness } = reconciler;
    harness.doubles.clock.advance(hourMs);
    await harness.record(await harness.await(confirmed));
    makeAllReady(reconciler);
    await reconciler.reconcile();
    await reconciler.reconcile();
    expect(harness.doubles.meter.sum('LateDuplicates')).toBe(1);
    expect((await reconciler.row()).outcome).toMatchObject({ duplicates: ['asset-1'] });
  });

  it('does not ask another destination about the assets of an earlier one', async () => {
    const { reconciler, confirmed } = await replaced();
    const { harness } = reconciler;
    await harness.record(await harness.await(confirmed));
    makeAllReady(reconciler);
    const destination = { ...reconciler.ports.destination, identity: 'another' };
    reconciler.ports = { ...reconciler.ports, destination };
    await reconciler.reconcile();
    expect(harness.doubles.meter.sum('LateDuplicates')).toBe(0);
  });

  it('records a duplicate of a failed transfer whose bytes were complete', async () => {
    const { reconciler } = await replaced();
    await timeOut(reconciler);
    makeAllReady(reconciler);
    await reconciler.reconcile();
    expect(await reconciler.row()).toMatchObject({
      state: 'failed',
      assetId: 'asset-2',
      outcome: { duplicates: ['asset-1'] },
    });
  });

  it('does not overwrite the outcome of a redriven execution', async () => {
    const { reconciler, confirmed } = await replaced();
    const { harness } = reconciler;
    await timeOut(reconciler);
    const listed = await reconciler.row();
    await harness.record({
      ...confirmed,
      errorIn: { AwaitAsset: { Error: 'AssetFailedError', Cause: 'no video' } },
    });
    makeAllReady(reconciler);
    const { store } = reconciler.ports;
    reconciler.ports = {
      ...reconciler.ports,
      store: {
        ...store,
        listTransfers: async function* (state) {
          if (state === 'failed') yield listed;
        },
      },
    };
    await reconciler.reconcile();
    expect((await reconciler.row()).outcome).toMatchObject({
      error: 'AssetFailedError',
      duplicates: ['asset-1'],
    });
  });

  /** Puts ended transfers with a replaced session under today, each changed at a time of its own. */
  async function ended(count: number, sessionNumber: (n: number) => number) {
    const reconciler = await openReconciler();
    const { store, destination } = reconciler.ports;
    const checked: string[] = [];
    const rows = Array.from({ length: count }, (_, n) =>
      transferRecord({
        transferId: `t${n}`,
        state: 'ready',
        sessionNumber: sessionNumber(n),
        destination: destination.identity,
        changedAt: count - n,
      }),
    );
    const today = new Date(reconciler.harness.doubles.clock.now()).toISOString().slice(0, 10);
    reconciler.ports = {
      ...reconciler.ports,
      store: {
        ...store,
        listTransfers: async function* (state, day, until = count) {
          if (state === 'ready' && day === today) yield* rows.slice(count - until);
        },
        sessions: async (transferId) => {
          checked.push(transferId);
          return [];
        },
      },
    };
    return { reconciler, checked };
  }

  it('checks a long list over several runs', async () => {
    const { reconciler, checked } = await ended(450, () => 2);
    for (let run = 0; run < 3; run++) await reconciler.reconcile();
    expect(new Set(checked).size).toBe(450);
    expect(checked.length).toBeLessThanOrEqual(600);
  });

  it('continues where the last run stopped reading, and then begins again', async () => {
    const { reconciler, checked } = await ended(45_000, (n) => (n === 44_999 ? 2 : 1));
    await reconciler.reconcile();
    await reconciler.reconcile();
    expect(checked).toEqual([]);
    await reconciler.reconcile();
    expect(checked).toEqual(['t44999']);
    expect(await reconciler.ports.store.sweepPosition()).toBeUndefined();
    for (let run = 0; run < 3; run++) await reconciler.reconcile();
    expect(checked).toEqual(['t44999', 't44999']);
  });

  it('continues with the transfer that it had no time for', async () => {
    const { reconciler, checked } = await ended(10, () => 2);
    const { clock } = reconciler.harness.doubles;
    const { sessions } = reconciler.ports.store;
    const slow = async (transferId: string) => {
      clock.advance(hourMs);
      return sessions(transferId);
    };
    const store = { ...reconciler.ports.store, sessions: slow };
    reconciler.ports = { ...reconciler.ports, store };
    for (let run = 0; run < 4; run++) await reconciler.reconcile();
    expect(checked.slice(0, 4)).toEqual(['t0', 't1', 't2', 't3']);
  });
});
