import { transientText } from '../faults/api-outages.ts';
import { type FaultClass, transientFaults } from '../faults/fault-classes.ts';
import { transientTableText } from '../faults/faulty-table.ts';
import { transientS3Text } from '../faults/s3-outages.ts';
import type { Execution } from '../load/executions.ts';
import type { Simulation } from '../load/simulation.ts';

/** The patience of an execution without any success, in ms. */
const patienceMs = 6 * 3_600_000;

/**
 * Errors that only transient faults cause here: the simulated service keeps its contract, is never slow
 * for six hours, and carries each chunk within one call that has the connection for itself.
 */
const transientErrors: ReadonlySet<string> = new Set([
  'NetworkError',
  'RequestTimeoutError',
  'ThrottledError',
  'ServiceUnavailableError',
  'SourceUnavailableError',
  'TruncatedReadError',
  'OutageTooLongError',
  'CreateReplyLostError',
  'ProtocolViolationError',
  'ConnectionTooSlowError',
]);

/**
 * Errors of an exceeded bound. Faults that end a session, or that the service does not report (a
 * report that it counts and forgets), may exceed a bound.
 */
const boundErrors: ReadonlySet<string> = new Set([
  'RoundsExhaustedError',
  'SessionsExhaustedError',
  'PresignedUrlRejectedError',
  'UploadRejectedError',
  'UploadFailedError',
  'UploadNotConfirmedError',
  'AssetNotReadyError',
  'AssetMissingError',
]);

/**
 * Checks that a failed execution did not fail for a transient fault. Other checks cover failed assets,
 * changed objects, wrong bytes, bad input and an unreachable table.
 */
export function checkFailure({ violations, faults }: Simulation, execution: Execution): void {
  const { id, result, startedAt } = execution;
  // A redrive continues with the outage in its recorded input: patience counts from the first start.
  if (result?.status !== 'FAILED' || Date.now() - startedAt >= patienceMs) return;
  const { error = '', cause = '' } = result;
  const isTransient =
    transientErrors.has(error) ||
    (error === 'RequestRejectedError' && cause.includes(transientText)) ||
    cause.includes(transientS3Text) ||
    cause.includes(transientTableText) ||
    (boundErrors.has(error) && hasOnlyTransientFaults(faults.injected));
  if (isTransient)
    violations.report('no transfer fails for a transient fault', `${id}: ${error} ${cause}`);
}

/** Whether all faults of the run so far are transient. */
function hasOnlyTransientFaults(injected: ReadonlyMap<FaultClass, number>): boolean {
  return [...injected.keys()].every((name) => transientFaults.has(name));
}
