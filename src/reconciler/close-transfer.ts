import { releaseSlotOrTicket } from '#src/admission/slots.ts';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import { isOver, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { endedOutsideErrors, writeEnd } from '#src/outcome/ended-outside.ts';
import {
  describeErrors,
  readCauseMessage,
  readFailure,
  readUnrecordedErrors,
  toSentence,
} from '#src/outcome/failure.ts';
import { countFailure, type Outcome } from '#src/outcome/outcome.ts';
import { publishOutcome } from '#src/outcome/publish-outcome.ts';
import { continueTransfer, mayContinue } from './continue-transfer.ts';
import type { FinishedExecution, ReconcilerPorts } from './reconciler-ports.ts';

/** How the reconciler records the end of an execution that recorded no outcome. */
export interface RecordedEnd {
  readonly state: 'failed' | 'cancelled';
  /** The end as row and event report it. */
  readonly reported: Outcome;
  /** The name of the error, for a failure. */
  readonly error?: ErrorName;
}

interface UnrecordedFailure {
  readonly name: ErrorName;
  readonly problem: string;
}

const failures: Readonly<
  Record<Exclude<FinishedExecution['status'], 'aborted'>, UnrecordedFailure>
> = {
  'timed-out': {
    name: endedOutsideErrors.timedOut,
    problem: "the execution reached the state machine's time limit",
  },
  failed: {
    name: endedOutsideErrors.otherwise,
    problem: 'the execution failed and recorded no outcome',
  },
  succeeded: {
    name: endedOutsideErrors.otherwise,
    problem: 'the execution succeeded and recorded no outcome',
  },
  unknown: {
    name: endedOutsideErrors.otherwise,
    problem: 'the execution ended and recorded no outcome',
  },
};

/** Describes an execution's end, with the error and cause of Step Functions. */
export function describeEnd({ status, error, cause }: FinishedExecution): RecordedEnd {
  const details = [error, cause && describeCause(cause)].filter(Boolean).join(': ');
  if (status === 'aborted') {
    return { state: 'cancelled', reported: { status: 'cancelled', why: whyCancelled(details) } };
  }
  const { name, problem } = failures[status];
  const failure = readFailure({ Error: name, Cause: details ? `${problem}: ${details}` : problem });
  return { state: 'failed', reported: { status: 'failed', ...failure }, error: name };
}

/** Returns the words of a cause: the errors of all steps, if the outcome could not be recorded. */
function describeCause(cause: string): string {
  const errors = readUnrecordedErrors(cause);
  return errors.length > 0 ? describeErrors(errors) : readCauseMessage(cause);
}

function whyCancelled(details: string): string {
  return toSentence(
    details ? `the execution was stopped: ${details}` : 'the execution was stopped',
  );
}

/**
 * Ends a transfer whose execution recorded no outcome: row, slot, event, in this order. The next run
 * finds and completes the rest after a crash. Queues the transfer instead if a new execution can continue it.
 * @param seen - the row as last read. Another owner, fence or state prevents the change
 * @returns whether this call closed or queued the transfer
 */
export async function closeTransfer(
  ports: ReconcilerPorts,
  seen: TransferRecord,
  end: FinishedExecution,
): Promise<boolean> {
  if (mayContinue(seen, end)) return continueTransfer(ports, seen);
  const recorded = describeEnd(end);
  const { state, reported, error } = recorded;
  // writeEnd writes nothing if a step that outlived its execution has recorded the outcome.
  if (!(await writeEnd(ports, seen, state, reported, end.startedAt))) return false;
  countClosed(ports, recorded);
  ports.log.warn('transfer closed', { ...transferLogFields(seen), state, error });
  await finishTransfer(ports, seen.transferId);
  return true;
}

/** Counts a transfer or a start that the reconciler closed. */
export function countClosed(
  { meter }: Pick<ReconcilerPorts, 'meter'>,
  { state, error }: RecordedEnd,
): void {
  meter.add('TransfersClosed', 1);
  if (state === 'cancelled') {
    meter.add('TransfersCancelled', 1);
    return;
  }
  countFailure({ meter }, error);
}

/** Releases the slot or ticket of a transfer that is over, and publishes its outcome. */
export async function finishTransfer(ports: ReconcilerPorts, transferId: string): Promise<void> {
  const row = await ports.store.transfer(transferId);
  if (!row || !isOver(row.state)) return;
  await releaseSlotOrTicket(ports, row);
  await publishOutcome(ports, row);
}
