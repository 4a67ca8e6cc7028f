import { isErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { readCauseMessage } from '#src/outcome/failure.ts';
import { rangeFailureOf } from '#src/step-support/range-failure.ts';
import { rangeStateSchema, readState } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';

/** The answer to a call for one range. The other ranges continue. */
export interface RangeErrorRecorded {
  readonly next: 'continue';
  readonly waitSeconds: 0;
  readonly unfinished: readonly never[];
}

/** True for the state of a range whose sender ended without an answer. */
export function isOfOneRange(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'range' in state;
}

/**
 * Records the error of a sender that ended without writing one: only Lambda reported it. ConfirmUpload
 * does this and not SendChunks, which may be unable to start.
 */
export async function recordRangeError(
  { store, clock }: Needs<'store'>,
  state: unknown,
  invocation: Invocation,
): Promise<RangeErrorRecorded> {
  const item = readState(rangeStateSchema, state);
  const { Error: name, Cause } = item.error ?? { Error: 'Lambda.Unknown', Cause: '' };
  const errorName = isErrorName(name) ? name : 'FunctionEndedError';
  const error = new TransferError(errorName, `${name}: ${readCauseMessage(Cause)}`);
  const { transferId, sessionNumber, range } = item;
  const failure = rangeFailureOf(error, item, invocation, clock.now());
  await store.recordRangeFailure({ transferId, sessionNumber, n: range.n }, failure);
  return { next: 'continue', waitSeconds: 0, unfinished: [] };
}
