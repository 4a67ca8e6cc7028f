import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';

/** Returns the log fields that identify a transfer: its object, its id and the execution that owns it. */
export function transferLogFields({ transferId, source, owner }: TransferRecord) {
  return { bucket: source.bucket, key: source.key, transferId, execution: owner };
}
