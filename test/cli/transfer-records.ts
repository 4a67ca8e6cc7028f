import type { TransferTable } from '#cli/transfers/transfer-table.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { objectId, transferIdOf } from '#src/transfer/transfer-ids.ts';
import { now } from './program-harness.ts';

const destination = 'twelvelabs@https://api.twelvelabs.io';

/** Returns the row of a transfer of `s3://films/<key>`, active since a minute unless changed. */
export function transferOf(key: string, changes: Partial<TransferRecord> = {}): TransferRecord {
  const source = { bucket: 'films', key, etag: 'e1', sizeBytes: 100_000_000, ...changes.source };
  const minuteAgo = now - 60_000;
  return {
    transferId: transferIdOf(objectId(destination, source), changes.ingestNumber ?? 1),
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
