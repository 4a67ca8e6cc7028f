import { isTransferError, type TransferError } from '#src/core/errors/errors.ts';
import { type CallContext, decide } from '#src/core/errors/recovery.ts';
import { countRetry, retryCauseOf } from './retry-counts.ts';
import type { CommonPorts, Invocation } from './step.ts';

/** What a retry needs to know of the call that it happens in. */
export interface RetryContext {
  readonly ports: CommonPorts;
  readonly invocation: Invocation;
  /** Counts by cause; added to in place. */
  readonly retries: Record<string, number>;
}

/** What is known of this request beyond the call: see `CallContext`. */
type Known = Pick<CallContext, 'refusedForMs' | 'mismatches' | 'canComeLater' | 'isUndecided'>;

/** A wait shorter than this is not worth a line, in ms. */
const shownWaitMs = 2_000;

/**
 * Makes a request, and again for as long as `decide` says so and the call has time.
 * @param attempt - receives the number of the try, from 1
 * @param known - asked after each failure
 * @throws the last error, or what `decide` made of it
 */
export async function retryWithBackoff<T>(
  scope: RetryContext,
  attempt: (n: number) => Promise<T>,
  known: (error: TransferError) => Known = () => ({}),
): Promise<T> {
  const tries: Record<string, number> = {};
  for (let n = 1; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      if (!isTransferError(error)) throw error;
      tries[error.name] = (tries[error.name] ?? 0) + 1;
      await pauseOrThrow(scope, error, { tries: tries[error.name] as number, ...known(error) });
    }
  }
}

async function pauseOrThrow(
  scope: RetryContext,
  error: TransferError,
  known: Pick<CallContext, 'tries'> & Known,
): Promise<void> {
  const { clock, random, log } = scope.ports;
  const timeLeftMs = scope.invocation.deadline - clock.now();
  const decision = decide(error, { within: 'call', timeLeftMs, random, ...known });
  if (decision.action === 'end') throw decision.error;
  if (decision.action === 'wait' || (decision.action === 'renew' && decision.what === 'session'))
    throw error;
  countRetry(scope, retryCauseOf(error));
  const { afterMs } = decision;
  if (afterMs >= shownWaitMs) log.info('trying again', waitLogFields(error, clock.now() + afterMs));
  await clock.sleep(afterMs, scope.invocation.signal);
}

/** What a line about a wait says: the reason, and when the next try comes. */
export function waitLogFields({ name, message }: TransferError, until: number) {
  return { error: name, reason: message, nextTry: new Date(until).toISOString() };
}
