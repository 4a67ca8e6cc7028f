import { type CallContext, decide } from '#src/core/errors/retry-rules.ts';
import { isTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import { countRetry, retryCauseOf } from './retry-counts.ts';
import type { CommonPorts, Invocation } from './step.ts';

/** The call in which a request is retried. */
export interface RetryContext {
  readonly ports: CommonPorts;
  readonly invocation: Invocation;
  /** Retries by cause; incremented in place. */
  readonly retries: Record<string, number>;
}

/** Facts about the request itself: see `CallContext`. */
type RequestFacts = Pick<
  CallContext,
  'rejectedForMs' | 'mismatches' | 'canComeLater' | 'isUndecided'
>;

/** Shorter waits are not logged, in ms. */
const loggedWaitMs = 2_000;

/**
 * Makes a request, and repeats it while `decide` allows that and the call has time.
 * @param attempt - receives the number of the try, from 1
 * @param factsAbout - returns the facts for the decision, after each failed try
 * @throws the last error, or the final error that `decide` returns
 */
export async function retryWithBackoff<T>(
  context: RetryContext,
  attempt: (n: number) => Promise<T>,
  factsAbout: (error: TransferError) => RequestFacts = () => ({}),
): Promise<T> {
  const tries: Record<string, number> = {};
  for (let n = 1; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      if (!isTransferError(error)) throw error;
      tries[error.name] = (tries[error.name] ?? 0) + 1;
      await pauseOrThrow(context, error, {
        tries: tries[error.name] as number,
        ...factsAbout(error),
      });
    }
  }
}

async function pauseOrThrow(
  context: RetryContext,
  error: TransferError,
  facts: Pick<CallContext, 'tries'> & RequestFacts,
): Promise<void> {
  const { clock, random, log } = context.ports;
  const timeLeftMs = context.invocation.deadline - clock.now();
  const decision = decide(error, { within: 'call', timeLeftMs, random, ...facts });
  if (decision.action === 'end') throw decision.error;
  if (decision.action === 'wait' || (decision.action === 'renew' && decision.what === 'session'))
    throw error;
  countRetry(context, retryCauseOf(error));
  const { afterMs } = decision;
  if (afterMs >= loggedWaitMs)
    log.info('trying again', waitLogFields(error, clock.now() + afterMs));
  await clock.sleep(afterMs, context.invocation.signal);
}

/** Returns the log fields of a wait: the reason, and the time of the next try. */
export function waitLogFields({ name, message }: TransferError, until: number) {
  return { error: name, reason: message, nextTry: new Date(until).toISOString() };
}
