import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { timeText } from '../output/words.ts';

/** Returns a transfer as `--json` prints it. */
export function transferJson(record: TransferRecord) {
  const { transferId, state, source, destination, ingestNumber, assetId, owner } = record;
  const { error, cause } = record.outcome ?? {};
  return {
    transferId,
    state,
    bucket: source.bucket,
    key: source.key,
    ...(source.versionId && { versionId: source.versionId }),
    sizeBytes: source.sizeBytes,
    destination,
    ingestNumber,
    ...(assetId && { assetId }),
    ...(error !== undefined && { error, cause }),
    createdAt: timeText(record.createdAt),
    changedAt: timeText(record.changedAt),
    execution: owner,
  };
}

/** Returns the object of a transfer as a URL. */
export function urlOf({ source }: Pick<TransferRecord, 'source'>): string {
  return `s3://${source.bucket}/${source.key}`;
}

/** Digits of an id that a table shows. Any unique beginning of an id is accepted. */
export const shortIdLength = 12;

export function shortId({ transferId }: Pick<TransferRecord, 'transferId'>): string {
  return transferId.slice(0, shortIdLength);
}
