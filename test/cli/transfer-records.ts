import type { TransferTable } from '#cli/transfers/transfer-table.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { objectIdOf, transferIdOf } from '#src/step-support/transfer-ids.ts';
import { now } from './program-harness.ts';

const destination = 'twelvelabs https://api.twelvelabs.io/v1.3';

/** Returns the row of a transfer of `s3://films/<key>`, active since a minute unless changed. */
export function transferOf(key: string, changes: Partial<TransferRecord> = {}): TransferRecord {
  const source = { bucket: 'films', key, etag: 'e1', sizeBytes: 100_000_000, ...changes.source };
  const minuteAgo = now - 60_000;
  return {
    transferId: transferIdOf(objectIdOf(destination, source), changes.ingestNumber ?? 1),
    state: 'active',
    destination,
    ingestNumber: 1,
    options: {},
    owner: `arn:aws:states:eu-west-1:111122223333:execution:Transfers:${encodeURIComponent(key)}`,
    fence: 1,
    leaseUntil: now + 60_000,
    sessionNumber: 0,
    createdAt: minuteAgo,
    changedAt: minuteAgo,
    outcomePublished: true,
    retries: {},
    ...changes,
    source,
  };
}

/** Returns the row of a transfer that failed. */
export function failedTransferOf(
  key: string,
  error: string,
  cause: string,
  more = {},
): TransferRecord {
  return transferOf(key, { state: 'failed', outcome: { status: 'failed', error, cause }, ...more });
}

/** Writes rows of transfers. */
export async function putTransfers(table: TransferTable, ...records: TransferRecord[]) {
  for (const record of records) await table.store.takeTransfer(record, undefined);
}

/** Opens the session of a transfer a minute ago, of 4 chunks of 25 MB, and proves chunks of it. */
export async function putSession(table: TransferTable, transferId: string, proven = [1, 2]) {
  const { store } = table;
  const session = {
    uploadId: `u-${transferId}`,
    chunkSizeBytes: 25e6,
    totalChunks: 4,
    details: {},
  };
  const opened = { number: 1, attemptId: 'a', openedAt: now - 60_000, etagMode: 'md5' } as const;
  await store.addSession(transferId, { ...opened, state: 'opening', mismatched: [] });
  await store.setSession(transferId, 1, session, 1);
  await proveChunks(table, transferId, proven);
}

/** Proves chunks of 25 MB. */
export async function proveChunks({ store }: TransferTable, transferId: string, indexes: number[]) {
  for (const index of indexes)
    await store.storeProof(transferId, 1, { index, sizeBytes: 25e6, proof: 'p', md5: 'm' });
}
