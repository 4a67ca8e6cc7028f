import { jitteredBackoffMs } from '#src/core/backoff.ts';
import { isTransferError, type TransferError } from '#src/core/errors.ts';
import { maxAttemptsPerChunk } from '#src/core/limits.ts';
import { causeOf, countRetry } from './retries.ts';
import type { CommonPorts, Invocation } from './step.ts';

/** What persisting needs to know of the call it happens in. */
export interface Persistence {
  readonly ports: CommonPorts;
  readonly invocation: Invocation;
  /** Counts by cause; added to in place. */
  readonly retries: Record<string, number>;
}

/**
 * Tries one thing again within a call while that can help: at most `maxAttemptsPerChunk` times,
 * honouring the pause a service asked for, and never past the deadline. What is left is thrown.
 */
export async function persist<T>(
  work: Persistence,
  attempt: (n: number) => Promise<T>,
): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      if (!isTransferError(error) || !isWorthwhile(error) || n >= maxAttemptsPerChunk) throw error;
      const pauseMs = pauseOf(work, error, n);
      if (work.ports.clock.now() + pauseMs >= work.invocation.deadline) throw error;
      countRetry(work, causeOf(error));
      await work.ports.clock.sleep(pauseMs, work.invocation.signal);
    }
  }
}

/** A new session is not this call's to get, and a table that can't be written can't be asked again. */
function isWorthwhile({ name, disposition }: TransferError): boolean {
  return (
    disposition !== 'fail' && name !== 'SessionExpiredError' && name !== 'TableUnavailableError'
  );
}

function pauseOf({ ports }: Persistence, error: TransferError, n: number): number {
  if (error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1000;
  return error.name === 'PresignedUrlRejectedError' ? 0 : jitteredBackoffMs(n, ports.random);
}
