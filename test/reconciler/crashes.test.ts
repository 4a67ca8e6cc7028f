import { describe, expect, it } from 'vitest';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import {
  crashEverywhere,
  executionId,
  openReconciler,
  openSending,
  type ReconcilerHarness,
  statusChange,
} from './reconciler-harness.ts';

const outcomesOf = ({ harness }: ReconcilerHarness) =>
  harness.doubles.events.outcomes.map(({ type, detail }) => ({ type, error: detail.error }));

const slotCount = ({ harness }: ReconcilerHarness) => harness.doubles.queue.held.size;

const rejectionId = rejectionIdOf(executionId);

describe('a reconciler that crashes', () => {
  it('at any call closes the transfer in the next run', async () => {
    const calls = await crashEverywhere(async (crashing) => {
      const reconciler = await openSending();
      const whole = reconciler.ports;
      reconciler.ports = crashing(whole);
      await reconciler.reconcile(statusChange('ABORTED')).catch(() => {});
      reconciler.ports = whole;
      await reconciler.reconcile(statusChange('ABORTED'));
      expect(await reconciler.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
      expect(slotCount(reconciler)).toBe(0);
      expect([1, 2]).toContain(outcomesOf(reconciler).length);
    });
    expect(calls).toBeGreaterThan(8);
  });

  it('at any call reports the start in the next run', async () => {
    const calls = await crashEverywhere(async (crashing) => {
      const reconciler = await openReconciler();
      const whole = reconciler.ports;
      reconciler.ports = crashing(whole);
      await reconciler.reconcile(statusChange('ABORTED')).catch(() => {});
      reconciler.ports = whole;
      await reconciler.reconcile(statusChange('ABORTED'));
      expect(await reconciler.harness.row({ transferId: rejectionId })).toMatchObject({
        outcomePublished: true,
      });
      expect([1, 2]).toContain(outcomesOf(reconciler).length);
    });
    expect(calls).toBeGreaterThan(4);
  });

  it('at any call leaves everything else to the sweep', async () => {
    await crashEverywhere(async (crashing) => {
      const reconciler = await openSending();
      const whole = reconciler.ports;
      reconciler.executions.ends.set(executionId, { status: 'aborted' });
      reconciler.ports = crashing(whole);
      await reconciler.reconcile(statusChange('ABORTED')).catch(() => {});
      reconciler.ports = whole;
      reconciler.harness.doubles.clock.advance((leaseSeconds + 60) * 1000);
      await reconciler.reconcile();
      expect(await reconciler.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
      expect(slotCount(reconciler)).toBe(0);
      expect([1, 2]).toContain(outcomesOf(reconciler).length);
    });
  });
});

describe('a reconciler', () => {
  it('may run concurrently', async () => {
    const reconciler = await openSending();
    const event = statusChange('ABORTED');
    await Promise.all([
      reconciler.reconcile(event),
      reconciler.reconcile(event),
      reconciler.reconcile(),
    ]);
    expect(await reconciler.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
    expect(slotCount(reconciler)).toBe(0);
  });
});
