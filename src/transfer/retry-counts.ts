import type { TransferError } from '#src/core/errors/errors.ts';
import type { Needs } from './step.ts';

/**
 * Returns the cause that a retry is counted by: its error, or `SharedBackoff` where the call was not
 * made. Counted as `ThrottledError`, one 429 would be multiplied by every caller that obeys it.
 */
export function retryCauseOf({ name, isCallPostponed }: TransferError): string {
  return isCallPostponed ? 'SharedBackoff' : name;
}

/** Counts a retry for a row that is written later, and for the meter now. */
export function countRetry(
  { ports, retries }: { readonly ports: Needs; readonly retries: Record<string, number> },
  cause: string,
): void {
  retries[cause] = (retries[cause] ?? 0) + 1;
  ports.meter.add('Retries', 1, cause);
}

/** Counts a retry of the transfer itself, for its row and for the meter. */
export async function countTransferRetry(
  { store, meter }: Needs<'store'>,
  transferId: string,
  cause: string,
): Promise<void> {
  meter.add('Retries', 1, cause);
  await store.incrementRetries(transferId, { [cause]: 1 });
}
