import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Ending, Inspected } from '#src/step-support/state.ts';

/** The ending of a start whose object version is an asset already. */
export function alreadyIngestedEnding(row: TransferRecord): Ending {
  return {
    status: 'already-ingested',
    transferId: row.transferId,
    assetId: row.assetId,
    ...objectOf(row),
  };
}

/** The ending of a start that uses the asset of an earlier version with the same bytes. */
export function sameContentEnding(row: TransferRecord, { source }: Inspected): Ending {
  return {
    ...alreadyIngestedEnding(row),
    versionId: source.versionId,
    etag: source.etag,
    sameContentAs: row.source.versionId ?? row.source.etag,
  };
}

/** The ending of a start whose transfer another execution owns. */
export function runningElsewhereEnding(row: TransferRecord): Ending {
  return {
    status: 'running-elsewhere',
    transferId: row.transferId,
    execution: row.owner,
    leaseUntil: new Date(row.leaseUntil).toISOString(),
    ...objectOf(row),
  };
}

/**
 * The ending of a start whose transfer was cancelled, by an operator or because its execution was
 * stopped. Only a manual start takes such a transfer again.
 */
export function cancelledEnding(row: TransferRecord): Ending {
  return {
    status: 'cancelled',
    transferId: row.transferId,
    why: row.outcome?.why,
    ...objectOf(row),
  };
}

/** The ending of a dispatched execution whose transfer ended before the execution took it. */
export function noLongerQueuedEnding(row: TransferRecord): Ending {
  const { transferId, state } = row;
  return { status: 'no-longer-queued', transferId, state, ...objectOf(row) };
}

function objectOf({ source }: TransferRecord) {
  return { bucket: source.bucket, key: source.key, versionId: source.versionId, etag: source.etag };
}
