import type { ErrorName } from '#src/core/errors.ts';
import type { Needs } from './step.ts';

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
  cause: ErrorName,
): Promise<void> {
  meter.add('Retries', 1, cause);
  await store.countRetries(transferId, { [cause]: 1 });
}
