import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { film } from '../harness/port-harness.ts';
import { openReconciler, openSending, type ReconcilerHarness } from './reconciler-harness.ts';
import { hourMs, lines, measured, minuteMs } from './sweep-harness.ts';

describe('a sweep over open sessions', () => {
  const near = async (hours: number) => {
    const reconciler = await openSending();
    reconciler.harness.doubles.clock.advance(hours * hourMs);
    await reconciler.reconcile();
    return reconciler;
  };

  it('counts and logs a session that expires within two hours', async () => {
    const reconciler = await near(22.5);
    expect(measured(reconciler, 'SessionsNearExpiry')).toEqual([1]);
    expect(lines(reconciler, 'secondsLeft')).toMatchObject([
      { ...film, transferId: reconciler.opened.transferId, sessionNumber: 1, secondsLeft: 5400 },
    ]);
  });

  it.each([21.9, 24.1])('ignores a session after %d of its 24 hours', async (hours) => {
    expect(measured(await near(hours), 'SessionsNearExpiry')).toEqual([0]);
  });

  it('ignores a session whose bytes are complete', async () => {
    const reconciler = await openSending();
    await reconciler.harness.sendAll(reconciler.opened);
    await reconciler.harness.confirm(reconciler.opened);
    reconciler.harness.doubles.clock.advance(23 * hourMs);
    await reconciler.reconcile();
    expect(measured(reconciler, 'SessionsNearExpiry')).toEqual([0]);
  });
});

describe('a sweep over unfinished sessions at the service', () => {
  const list = (
    reconciler: ReconcilerHarness,
    uploadId: string,
    minutesAgo: number,
    sizeBytes = 5000,
  ) =>
    reconciler.listed.push({
      uploadId,
      sizeBytes,
      createdAt: reconciler.harness.doubles.clock.now() - minutesAgo * minuteMs,
    });

  it('counts and logs only the sessions without a transfer', async () => {
    const reconciler = await openSending();
    list(reconciler, 'upload-1', 30);
    list(reconciler, 'upload-unknown', 30);
    expect(await reconciler.reconcile()).toMatchObject({ orphanSessions: 1 });
    expect(measured(reconciler, 'OrphanSessions')).toEqual([1]);
    expect(lines(reconciler, 'uploadId')).toEqual([
      { uploadId: 'upload-unknown', sizeBytes: 5000, openedAt: expect.any(String) },
    ]);
  });

  it('does not count a session that may not be recorded yet', async () => {
    const reconciler = await openReconciler();
    list(reconciler, 'upload-young', 1);
    await reconciler.reconcile();
    expect(measured(reconciler, 'OrphanSessions')).toEqual([0]);
  });

  it('counts a session without a creation time', async () => {
    const reconciler = await openReconciler();
    reconciler.listed.push({ uploadId: 'upload-a', sizeBytes: 5000 });
    expect(await reconciler.reconcile()).toMatchObject({ orphanSessions: 1 });
    expect(lines(reconciler, 'uploadId')).toEqual([{ uploadId: 'upload-a', sizeBytes: 5000 }]);
  });

  it('measures nothing if the service is throttled', async () => {
    const reconciler = await openReconciler();
    const listUnfinished = () => Promise.reject(new TransferError('ThrottledError', '429'));
    const destination = { ...reconciler.ports.destination, listUnfinished };
    reconciler.ports = { ...reconciler.ports, destination };
    await reconciler.reconcile();
    expect(measured(reconciler, 'OrphanSessions')).toEqual([]);
  });

  it('measures nothing if the service cannot list sessions', async () => {
    const reconciler = await openReconciler();
    const { listUnfinished: _, ...destination } = reconciler.ports.destination;
    reconciler.ports = { ...reconciler.ports, destination };
    await reconciler.reconcile();
    expect(measured(reconciler, 'OrphanSessions')).toEqual([]);
  });
});
