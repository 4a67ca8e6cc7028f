import { describe, expect, it } from 'vitest';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { SessionStatus } from '#src/core/transfer/destination.ts';
import { itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

const hour = 3600 * 1000;

/** Returns a transfer with an open session. */
async function openTransfer(chunks = 3) {
  const harness = await StepHarness.create();
  const opened = await harness.openTransfer(chunks);
  return { harness, opened };
}

/** Makes the service return this status. */
function setStatus(harness: StepHarness, status: SessionStatus): void {
  harness.override({ sessionStatus: async () => status });
}

describe('ConfirmUpload', () => {
  it('records the asset of a completed upload', async () => {
    const { harness, opened } = await openTransfer();
    await harness.sendAll(opened);
    harness.doubles.clock.advance(5_000);
    const now = harness.doubles.clock.now();
    expect(await harness.confirm(opened)).toMatchObject({
      next: 'asset',
      polls: 0,
      phaseStartedAt: now,
    });
    const expected = { assetId: 'asset-1', totalChunks: 3, bytesCompleteAt: now };
    expect(await harness.row(opened)).toMatchObject(expected);
  });

  it('answers "missing" while a chunk has no proof', async () => {
    const { harness, opened } = await openTransfer();
    await harness.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 2 }] }));
    expect(await harness.confirm(opened)).toMatchObject({ next: 'missing', sessionNumber: 1 });
  });

  it('waits longer before each round after a failed range without progress', async () => {
    const { harness, opened } = await openTransfer();
    let state = { ...opened } as Awaited<ReturnType<typeof harness.confirm>>;
    const waits: number[] = [];
    for (const round of [1, 2, 3, 4]) {
      const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
      await harness.doubles.store.recordRangeFailure(key, {
        ...{ name: 'NetworkError', disposition: 'retry', message: 'reset' },
        ...{ executionId: 'execution-a', round },
      });
      state = await harness.confirm({ ...state, round });
      waits.push(harness.waitFor(state).waitSeconds);
    }
    expect(waits).toEqual([2, 3, 5, 7]);
  });

  it('waits while the service has every chunk and has not completed the upload', async () => {
    const { harness, opened } = await openTransfer();
    await harness.sendAll(opened);
    setStatus(harness, { phase: 'active', counts: { completed: 3, pending: 0, failed: 0 } });
    let state: { waitSeconds: number; next: string } = opened;
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      state = await harness.confirm(state);
      expect(state.next).toBe('wait');
      waits.push(state.waitSeconds);
    }
    expect(waits.slice(0, 4)).toEqual([2, 3, 5, 7]);
    expect(Math.max(...waits)).toBe(300);
  });

  it('fails by name if the service never completes the upload', async () => {
    const { harness, opened } = await openTransfer();
    await harness.sendAll(opened);
    setStatus(harness, { phase: 'active', counts: { completed: 3, pending: 0, failed: 0 } });
    const waiting = await harness.confirm(opened);
    harness.doubles.clock.advance(boundOf('confirmation') * 1000 + 1);
    const given = harness.confirm(waiting);
    await expect(given).rejects.toMatchObject({ name: 'UploadNotConfirmedError' });
  });

  it('does not count the time of sending against that bound', async () => {
    const { harness, opened } = await openTransfer();
    harness.doubles.clock.advance(7 * hour);
    await harness.sendAll(opened);
    setStatus(harness, { phase: 'active', counts: { completed: 3, pending: 0, failed: 0 } });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'wait' });
  });

  it('waits as long as a throttling service requests', async () => {
    const { harness, opened } = await openTransfer();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 77 });
    harness.override({ sessionStatus: () => Promise.reject(error) });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'wait', waitSeconds: 77 });
    expect((await harness.row(opened)).retries).toEqual({ ThrottledError: 1 });
  });

  it.each(['expired', 'failed'] as const)(
    'requests a new session if the session is %s',
    async (phase) => {
      const { harness, opened } = await openTransfer();
      setStatus(harness, { phase });
      expect(await harness.confirm(opened)).toMatchObject({ next: 'expired' });
    },
  );

  it('requests a new session if the session expires between two calls', async () => {
    const { harness, opened } = await openTransfer();
    harness.service.dropNextReport();
    await harness.send(itemOf(opened));
    const error = new TransferError('SessionExpiredError', '404');
    harness.override({ chunkStates: () => Promise.reject(error) });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'expired' });
  });

  it('accepts a ready asset although the session is expired', async () => {
    const { harness, opened } = await openTransfer();
    await harness.sendAll(opened);
    setStatus(harness, { phase: 'expired' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it('fails if the table is unavailable, and the state machine retries it', async () => {
    const { harness, opened } = await openTransfer();
    await harness.sendAll(opened);
    harness.doubles.store.failNext('patchTransfer');
    const rejected = harness.confirm(opened);
    await expect(rejected).rejects.toMatchObject({ name: 'TableUnavailableError' });
  });

  it('fails if another execution owns the transfer', async () => {
    const { harness, opened } = await openTransfer();
    const rejected = harness.confirm(opened, { executionId: 'execution-b' });
    await expect(rejected).rejects.toMatchObject({ name: 'FencedOutError' });
  });
});

describe('a recorded error of a range', () => {
  const failure = (name: ErrorName, changes: object = {}) => ({
    ...{ name, disposition: name === 'RequestRejectedError' ? 'fail' : 'retry', message: 'no' },
    ...{ executionId: 'execution-a', round: 1, ...changes },
  });

  async function left(error: object) {
    const { harness, opened } = await openTransfer();
    const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
    await harness.doubles.store.recordRangeFailure(key, error as never);
    return harness.confirm(opened);
  }

  it('that is final ends the execution by its name and as a failure of SendChunks', async () => {
    const ended = left(failure('RequestRejectedError'));
    await expect(ended).rejects.toMatchObject({
      name: 'RequestRejectedError',
      message: 'SendChunks failed: no',
    });
  });

  it.each([
    ['that is transient', failure('NetworkError')],
    ['of a table that is available again', failure('TableUnavailableError')],
    ['of an earlier round', failure('RequestRejectedError', { round: 0 })],
    ['of another execution', failure('RequestRejectedError', { executionId: 'execution-z' })],
  ])('%s does not end the execution', async (_, error) => {
    expect(await left(error)).toMatchObject({ next: 'missing' });
  });

  it('has no effect once the service has every chunk', async () => {
    const { harness, opened } = await openTransfer();
    await harness.sendAll(opened);
    const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
    const error = failure('RequestRejectedError');
    await harness.doubles.store.recordRangeFailure(key, error as never);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it('that the object was overwritten ends the transfer as superseded', async () => {
    const { harness, opened } = await openTransfer();
    harness.doubles.source.delete({ bucket: 'films', key: 'reels/film.mp4' });
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({
      next: 'ended',
      ending: { status: 'superseded', transferId: opened.transferId, key: 'reels/film.mp4' },
    });
  });
});

describe('a wrong status', () => {
  it('that calls an upload complete is rejected if a chunk was never sent', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 2 }] }));
    harness.override({ sessionStatus: async () => ({ phase: 'completed' }) });
    await expect(harness.confirm(opened)).rejects.toMatchObject({
      name: 'ProtocolViolationError',
      message: 'the service reports the upload as complete, but only 2 of its 3 chunks were sent',
    });
    expect((await harness.row(opened)).bytesCompleteAt).toBeUndefined();
  });
});

it('a late call for a replaced session does not change the asset of the new session', async () => {
  const { harness, opened } = await openTransfer();
  const { ports } = harness;
  const held = Promise.withResolvers<void>();
  const { sessionStatus } = ports.destination;
  harness.override({
    sessionStatus: async (...args) => {
      const status = await sessionStatus(...args);
      await held.promise;
      return status;
    },
  });
  await harness.sendAll(opened);
  // Simulates a lost reply to the last report: no receipt reports the upload as complete.
  await harness.doubles.store.withdrawReceipts(opened.transferId, 1);
  const late = harness.confirm(opened, { invocationId: 'late' });
  late.catch(() => {});
  await new Promise(setImmediate);
  harness.ports = ports;
  harness.override({
    sessionStatus: async () => ({ phase: 'expired' }),
    assetStatus: async () => ({ phase: 'missing' }),
  });
  const again = (await harness.open({ ...opened, next: 'expired' })) as Planned;
  harness.ports = ports;
  await harness.sendAll(again);
  await harness.confirm(again);
  held.resolve();
  await expect(late).rejects.toMatchObject({ name: 'FencedOutError' });
  expect(await harness.row(opened)).toMatchObject({ sessionNumber: 2, assetId: 'asset-2' });
});

it('the concurrent ranges grow again after a round without slow ranges', async () => {
  const harness = await StepHarness.create();
  const opened = await harness.openTransfer(3);
  expect(await harness.confirm({ ...opened, maxRangesAtOnce: 2 })).toMatchObject({
    maxRangesAtOnce: 4,
  });
});
