import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { openReconciler } from './reconciler-harness.ts';
import { lines, publishedIds, putOver } from './sweep-harness.ts';

describe('a sweep with failing parts', () => {
  it('runs the other parts, then throws the first error', async () => {
    const reconciler = await openReconciler();
    await putOver(reconciler, 't1');
    const rejected = new TransferError('CredentialsRejectedError', '401');
    const destination = {
      ...reconciler.ports.destination,
      listUnfinished: () => Promise.reject(rejected),
    };
    reconciler.ports = { ...reconciler.ports, destination };
    reconciler.harness.doubles.store.failNext('listTransfers');
    await expect(reconciler.reconcile()).rejects.toMatchObject({
      name: 'TableUnavailableError',
      message: expect.stringMatching(
        /^3 parts of the sweep failed\. The first error: stale transfers: /,
      ),
    });
    expect(publishedIds(reconciler)).toEqual(['t1']);
    expect(lines(reconciler, 'part').map(({ part }) => part)).toEqual([
      'stale transfers',
      'expiring sessions',
      'orphan sessions',
    ]);
  });

  it('is started by a scheduled event', async () => {
    const reconciler = await openReconciler();
    const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
    expect(await reconciler.reconcile(scheduled)).toHaveProperty('closed', 0);
  });
});
