import { describe, expect, it } from 'vitest';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import { film } from '../harness/port-harness.ts';
import {
  executionId,
  openReconciler,
  openSending,
  type ReconcilerHarness,
  statusChange,
} from './reconciler-harness.ts';

const outcomesOf = ({ harness }: ReconcilerHarness) =>
  harness.doubles.events.outcomes.map(({ type, detail }) => ({ type, error: detail.error }));

const rejectionId = rejectionIdOf(executionId);

describe('an execution that ended before it took a transfer', () => {
  it('is reported as a rejected start, with the object of its input', async () => {
    const reconciler = await openReconciler();
    const reconciled = await reconciler.reconcile(statusChange('TIMED_OUT'));
    expect(reconciled).toMatchObject({ result: 'rejected' });
    const error = 'ExecutionTimedOutError';
    expect(await reconciler.harness.row({ transferId: rejectionId })).toMatchObject({
      state: 'rejected',
      source: film,
      outcomePublished: true,
      outcome: { status: 'failed', error, execution: executionId, ...film },
    });
    expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Failed', error }]);
  });

  it('is reported as a cancelled start if it was stopped', async () => {
    const reconciler = await openReconciler();
    expect(await reconciler.reconcile(statusChange('ABORTED'))).toMatchObject({
      result: 'cancelled',
    });
    expect(await reconciler.harness.row({ transferId: rejectionId })).toMatchObject({
      state: 'cancelled',
      outcomePublished: true,
      outcome: { status: 'cancelled', execution: executionId, ...film },
    });
    expect(reconciler.harness.doubles.meter.sum('TransfersFailed')).toBe(0);
    expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Cancelled' }]);
  });

  it('is reported once, although the event repeats', async () => {
    const reconciler = await openReconciler();
    for (const status of ['ABORTED', 'ABORTED', 'FAILED']) {
      await reconciler.reconcile(statusChange(status));
    }
    expect(outcomesOf(reconciler)).toHaveLength(1);
  });

  it('names its object also if the event has no input', async () => {
    const reconciler = await openReconciler();
    reconciler.executions.ends.set(executionId, { status: 'aborted', input: JSON.stringify(film) });
    await reconciler.reconcile(statusChange('ABORTED', { input: null }));
    expect(await reconciler.harness.row({ transferId: rejectionId })).toMatchObject({
      source: film,
    });
  });

  it.each([null, '{"bucket', '7', '"films"'])(
    'is reported with an invalid input: %j',
    async (input) => {
      const reconciler = await openReconciler();
      await reconciler.reconcile(statusChange('ABORTED', { input }));
      expect(outcomesOf(reconciler)).toHaveLength(1);
    },
  );

  it.each(['failed', 'superseded'] as const)(
    'is reported although another execution made its transfer %s',
    async (state) => {
      const reconciler = await openSending();
      const { store, clock } = reconciler.harness.doubles;
      const { transferId, fence } = reconciler.opened;
      const startDate = clock.now();
      await store.recordExecution('execution-b', transferId);
      const outcome = { status: state };
      const patch = { state, outcome, outcomePublished: true };
      await store.patchTransfer(transferId, fence, patch, clock.now());
      const event = statusChange('ABORTED', { startDate }, 'execution-b');
      expect(await reconciler.reconcile(event)).toMatchObject({ result: 'cancelled' });
      expect(await reconciler.row()).toMatchObject({ state, owner: executionId });
    },
  );

  it.each([
    ['was aborted', { status: 'aborted' }, 0],
    ['failed', { status: 'failed' }, 0],
    ['cannot be read and whose lease has expired', { status: 'unknown' }, leaseSeconds + 60],
  ] as const)(
    'is reported although its transfer has an owner that %s',
    async (_, end, expiredSeconds) => {
      const reconciler = await openSending();
      const { store, clock } = reconciler.harness.doubles;
      clock.advance(expiredSeconds * 1000);
      reconciler.executions.ends.set(executionId, end);
      await store.recordExecution('execution-b', reconciler.opened.transferId);
      const event = statusChange('ABORTED', { startDate: clock.now() }, 'execution-b');
      expect(await reconciler.reconcile(event)).toMatchObject({ result: 'cancelled' });
      expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Cancelled' }]);
      expect(await reconciler.row()).toMatchObject({ state: 'active', owner: executionId });
    },
  );

  it.each(['running', 'succeeded'] as const)(
    'is not reported if a redrive made it %s',
    async (status) => {
      const reconciler = await openReconciler();
      reconciler.executions.ends.set(executionId, { status });
      expect(await reconciler.reconcile(statusChange('FAILED'))).toMatchObject({
        result: 'unchanged',
      });
      expect(outcomesOf(reconciler)).toEqual([]);
    },
  );

  it('is not reported if it was a preflight', async () => {
    const reconciler = await openReconciler();
    const input = JSON.stringify({ preflight: true, bucket: 'films' });
    expect(await reconciler.reconcile(statusChange('FAILED', { input }))).toMatchObject({
      result: 'unchanged',
    });
    expect(outcomesOf(reconciler)).toEqual([]);
  });

  it('is reported if its input declines a preflight', async () => {
    const reconciler = await openReconciler();
    const input = JSON.stringify({ preflight: false, bucket: 'films', key: 'film.mp4' });
    expect(await reconciler.reconcile(statusChange('FAILED', { input }))).toMatchObject({
      result: 'rejected',
    });
    expect(outcomesOf(reconciler)).toHaveLength(1);
  });
});
