import { describe, expect, it } from 'vitest';
import { sweepSeconds } from '#src/core/limits/limits.ts';
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
    await harness.record({ ...confirmed, error: { Error: 'AssetFailedError', Cause: 'no video' } });
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

  it('checks a long list over several runs', async () => {
    const reconciler = await openReconciler();
    const checked = new Set<string>();
    const { store, destination } = reconciler.ports;
    const ready = { state: 'ready', sessionNumber: 2, destination: destination.identity } as const;
    const many = Array.from({ length: 450 }, (_, i) =>
      transferRecord({ transferId: `t${i}`, ...ready }),
    );
    reconciler.ports = {
      ...reconciler.ports,
      store: {
        ...store,
        listTransfers: async function* (state, day) {
          const today = new Date(reconciler.harness.doubles.clock.now()).toISOString().slice(0, 10);
          if (state === 'ready' && day === today) yield* many;
        },
        sessions: async (transferId) => {
          checked.add(transferId);
          return [];
        },
      },
    };
    for (let run = 0; run < 3; run++) {
      await reconciler.reconcile();
      reconciler.harness.doubles.clock.advance(sweepSeconds * 1000);
    }
    expect(checked.size).toBe(450);
  });
});
