import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import { film, putFilm } from '../harness/port-harness.ts';
import { runTransfer } from '../harness/run-transfer.ts';
import {
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

describe('an execution that ended while its transfer was active', () => {
  it.each([
    ['TIMED_OUT', 'ExecutionTimedOutError'],
    ['FAILED', 'ExecutionEndedError'],
  ] as const)('by %s fails its transfer with %s', async (status, error) => {
    const reconciler = await openSending();
    const reconciled = await reconciler.reconcile(statusChange(status));
    expect(reconciled).toEqual({ execution: executionId, result: 'closed' });
    const cause = expect.stringContaining(errorCatalogue[error].nextStep);
    const outcome = { status: 'failed', error, cause, ...film, bytes: 3072, ingestNumber: 1 };
    expect(await reconciler.row()).toMatchObject({
      state: 'failed',
      outcomePublished: true,
      outcome,
    });
    expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Failed', error }]);
  });

  it('N24: by a stop cancels its transfer, with the reason', async () => {
    const reconciler = await openSending();
    const details = { error: 'Wrong cut', cause: 'the editor\nsends another' };
    await reconciler.reconcile(statusChange('ABORTED', details));
    const why = 'the execution was stopped: Wrong cut: the editor sends another.';
    const outcome = { status: 'cancelled', why, execution: executionId, ...film };
    expect(await reconciler.row()).toMatchObject({
      state: 'cancelled',
      outcomePublished: true,
      outcome,
    });
    expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Cancelled' }]);
  });

  it.each([
    ['ABORTED', 1, 0],
    ['TIMED_OUT', 0, 1],
  ] as const)('by %s counts as %i cancelled and %i failed', async (status, cancelled, failed) => {
    const reconciler = await openSending();
    await reconciler.reconcile(statusChange(status));
    const { meter } = reconciler.harness.doubles;
    expect(meter.sum('TransfersCancelled')).toBe(cancelled);
    expect(meter.sum('TransfersFailed')).toBe(failed);
  });

  it('releases its slot', async () => {
    const reconciler = await openSending();
    expect(slotCount(reconciler)).toBe(1);
    await reconciler.reconcile(statusChange('ABORTED'));
    expect(slotCount(reconciler)).toBe(0);
  });

  it('reports the error and cause of Step Functions in one line', async () => {
    const reconciler = await openSending();
    const details = { error: 'States.DataLimitExceeded', cause: 'the state is\ntoo large' };
    await reconciler.reconcile(statusChange('FAILED', details));
    expect((await reconciler.row()).outcome?.cause).toBe(
      `the execution failed and recorded no outcome: States.DataLimitExceeded: the state is too large. ${errorCatalogue.ExecutionEndedError.nextStep}`,
    );
  });

  it('reports the errors of all steps if RecordOutcome failed too', async () => {
    const reconciler = await openSending();
    const lambda = (errorMessage: string) => JSON.stringify({ errorMessage, trace: ['at x'] });
    const errors = {
      AwaitAsset: { Error: 'AssetFailedError', Cause: lambda('asset "a1": no video') },
      RecordOutcome: { Error: 'Lambda.Unknown', Cause: 'exited' },
    };
    const cause = `The outcome could not be recorded. Errors: ${JSON.stringify(errors)}`;
    const details = { error: 'OutcomeNotRecordedError', cause };
    await reconciler.reconcile(statusChange('FAILED', details));
    expect((await reconciler.row()).outcome?.cause).toContain(
      'OutcomeNotRecordedError: AwaitAsset failed: AssetFailedError: asset "a1": no video. RecordOutcome failed: Lambda.Unknown: exited.',
    );
  });

  it('counts as a closed and a failed transfer', async () => {
    const reconciler = await openSending();
    await reconciler.reconcile(statusChange('TIMED_OUT'));
    const { meter } = reconciler.harness.doubles;
    expect(meter.sum('TransfersClosed')).toBe(1);
    expect(meter.sum('TransfersFailed')).toBe(1);
    expect(meter.sum('FailuresByError', 'ExecutionTimedOutError')).toBe(1);
  });

  it('measures its durations from its own start', async () => {
    const reconciler = await openSending();
    const { clock } = reconciler.harness.doubles;
    const startDate = clock.now();
    await reconciler.harness.sendAll(reconciler.opened);
    clock.advance(4_000);
    await reconciler.harness.confirm(reconciler.opened);
    await reconciler.reconcile(statusChange('ABORTED', { startDate }));
    expect((await reconciler.row()).outcome).toMatchObject({
      secondsToBytesComplete: 4,
      chunks: 3,
    });
  });

  it('is closed once, although the event repeats', async () => {
    const reconciler = await openSending();
    for (const status of ['ABORTED', 'ABORTED', 'FAILED', 'RUNNING', 'SUCCEEDED']) {
      await reconciler.reconcile(statusChange(status));
    }
    expect(outcomesOf(reconciler)).toHaveLength(1);
    expect((await reconciler.row()).outcome?.status).toBe('cancelled');
    expect(reconciler.harness.doubles.meter.sum('TransfersClosed')).toBe(1);
  });

  it('is continued by a new execution from the stored proofs', async () => {
    const reconciler = await openSending();
    await reconciler.harness.sendAll(reconciler.opened);
    await reconciler.reconcile(statusChange('ABORTED'));
    const walked = await runTransfer(reconciler.harness.doubles, film, {
      executionId: 'execution-b',
    });
    expect(walked.status).toBe('SUCCEEDED');
    expect(reconciler.harness.doubles.calls.sends).toHaveLength(3);
  });
});

describe('an execution that recorded its outcome', () => {
  it('is not reported again', async () => {
    const reconciler = await openReconciler();
    putFilm(reconciler.harness.doubles, 3000);
    await runTransfer(reconciler.harness.doubles, film);
    expect(await reconciler.reconcile(statusChange('FAILED'))).toMatchObject({
      result: 'finished',
    });
    expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Ready' }]);
    expect(reconciler.executions.calls).toEqual([]);
  });

  it('has its unpublished outcome published unchanged', async () => {
    const reconciler = await openReconciler();
    putFilm(reconciler.harness.doubles, 3000);
    reconciler.harness.doubles.events.failures = 100;
    await runTransfer(reconciler.harness.doubles, film);
    reconciler.harness.doubles.events.failures = 0;
    await reconciler.reconcile(statusChange('FAILED'));
    expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Ready' }]);
  });

  it('is not reported again as a rejected start', async () => {
    const reconciler = await openReconciler();
    await runTransfer(reconciler.harness.doubles, { bucket: 'films' });
    await reconciler.reconcile(statusChange('FAILED'));
    expect(outcomesOf(reconciler)).toEqual([
      { type: 'Transfer Failed', error: 'InvalidInputError' },
    ]);
  });

  it('has the unpublished outcome of a rejected start published', async () => {
    const reconciler = await openReconciler();
    reconciler.harness.doubles.events.failures = 100;
    await runTransfer(reconciler.harness.doubles, { bucket: 'films' });
    reconciler.harness.doubles.events.failures = 0;
    await reconciler.reconcile(statusChange('FAILED'));
    expect(outcomesOf(reconciler)).toEqual([
      { type: 'Transfer Failed', error: 'InvalidInputError' },
    ]);
    expect(await reconciler.harness.row({ transferId: rejectionId })).toMatchObject({
      outcomePublished: true,
    });
  });
});

describe('an event', () => {
  it.each([[null], ['now'], [[]], [{ source: 'aws.s3', detail: {} }], [{ detail: {} }]])(
    'of another kind is rejected: %j',
    async (event) => {
      const reconciler = await openReconciler();
      await expect(reconciler.reconcile(event as object)).rejects.toMatchObject({
        name: 'InvalidInputError',
      });
    },
  );

  it('fails, and is retried, if the execution cannot be read', async () => {
    const reconciler = await openSending();
    const endOf = () => Promise.reject(new TransferError('ExecutionUnknownError', 'rate'));
    reconciler.ports = { ...reconciler.ports, executions: { endOf } };
    await expect(reconciler.reconcile(statusChange('ABORTED'))).rejects.toMatchObject({
      name: 'ExecutionUnknownError',
    });
    expect(await reconciler.row()).toMatchObject({ state: 'active' });
  });
});
