import { isTransferError } from '#src/core/errors/transfer-error.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Needs } from './step.ts';

/**
 * Returns the ready assets of a transfer's replaced sessions. An operator must delete one of the two
 * assets.
 * @param known - assets to ignore
 */
export async function findLateDuplicates(
  { store, destination }: Needs<'store' | 'destination'>,
  { transferId, sessionNumber }: Pick<TransferRecord, 'transferId' | 'sessionNumber'>,
  known: readonly (string | undefined)[],
  signal: AbortSignal,
): Promise<string[]> {
  const duplicates: string[] = [];
  for (const { number, session } of await store.sessions(transferId)) {
    const assetId = session?.assetId;
    if (number === sessionNumber || assetId === undefined || known.includes(assetId)) continue;
    if (await isReady(destination, assetId, signal)) duplicates.push(assetId);
  }
  return duplicates;
}

/** An asset whose status call fails counts as not ready: the reconciler checks it again later. */
async function isReady(
  destination: Destination,
  assetId: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await destination.assetStatus(assetId, { signal })).phase === 'ready';
  } catch (error) {
    if (!isTransferError(error)) throw error;
    return false;
  }
}

/** Counts and logs late duplicates. */
export function reportLateDuplicates(
  { meter, log }: Needs,
  subject: LogFields,
  assetId: string | undefined,
  duplicates: readonly string[],
): void {
  if (duplicates.length === 0) return;
  meter.add('LateDuplicates', duplicates.length);
  log.error('replaced session created an asset', {
    ...subject,
    assetId,
    duplicates: duplicates.join(' '),
  });
}
