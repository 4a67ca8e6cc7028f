import { passingText } from './api-storm.ts';
import type { Execution } from './executions.ts';
import { type FaultClass, passingFaults } from './fault-classes.ts';
import { passingTableText } from './faulty-table.ts';
import { passingS3Text } from './s3-weather.ts';
import type { World } from './world.ts';

/** How long an execution waits out faults without any success, in ms. */
const patienceMs = 6 * 3_600_000;

/**
 * Errors that only faults which pass can have made here: the simulated service breaks no promise, is
 * never slow for six hours, and its line carries each chunk within a call that has it for itself.
 */
const madeByPassingFaults: ReadonlySet<string> = new Set([
  'NetworkError',
  'RequestTimeoutError',
  'ThrottledError',
  'ServiceUnavailableError',
  'SourceUnavailableError',
  'TruncatedReadError',
  'CreateReplyLostError',
  'ProtocolViolationError',
  'LineTooSlowError',
]);

/**
 * Errors by which a bound is exceeded. Faults that end a session, or of which the service says nothing
 * (a report that it counts and forgets), may rightly exceed it.
 */
const boundErrors: ReadonlySet<string> = new Set([
  'RoundsExhaustedError',
  'SessionsExhaustedError',
  'PresignedUrlRejectedError',
  'UploadRefusedError',
  'UploadFailedError',
  'UploadNotConfirmedError',
  'AssetNotReadyError',
  'AssetMissingError',
]);

/**
 * Judges an execution that failed by itself: no transfer fails for what passes. An asset that failed, an
 * object that was changed, wrong bytes, bad input, and a table that was unreachable are failures of
 * their own and judged elsewhere.
 */
export function judgeFailure({ judge, mishaps }: World, execution: Execution): void {
  const { id, result, runsSince } = execution;
  if (result?.status !== 'FAILED' || Date.now() - runsSince >= patienceMs) return;
  const { error = '', cause = '' } = result;
  const isPassing =
    madeByPassingFaults.has(error) ||
    (error === 'RequestRejectedError' && cause.includes(passingText)) ||
    cause.includes(passingS3Text) ||
    cause.includes(passingTableText) ||
    (boundErrors.has(error) && isFairWeather(mishaps.injected));
  if (isPassing) judge.broken('no transfer fails for what passes', `${id}: ${error} ${cause}`);
}

/** Whether nothing has struck so far but faults that pass. */
function isFairWeather(injected: ReadonlyMap<FaultClass, number>): boolean {
  return [...injected.keys()].every((name) => passingFaults.has(name));
}
