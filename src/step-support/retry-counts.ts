import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Needs } from './step.ts';

/**
 * Returns the cause under which a retry is counted: the name of its error, or `SharedBackoff` if the call
 * was postponed. Otherwise one 429 would count once for every caller that waits because of it.
 */
export function retryCauseOf({ name, isCallPostponed }: TransferError): string {
  return isCallPostponed ? 'SharedBackoff' : name;
}

/** Counts a retry, in `retries` for a later write of the row and as a metric. */
export function countRetry(
  { ports, retries }: { readonly ports: Needs; readonly retries: Record<string, number> },
  cause: string,
): void {
  retries[cause] = (retries[cause] ?? 0) + 1;
  ports.meter.add('Retries', 1, cause);
}

/** Counts a retry of the transfer itself, in its row and as a metric. */
export async function countTransferRetry(
  { store, meter }: Needs<'store'>,
  transferId: string,
  cause: string,
): Promise<void> {
  meter.add('Retries', 1, cause);
  await store.incrementRetries(transferId, { [cause]: 1 });
}
