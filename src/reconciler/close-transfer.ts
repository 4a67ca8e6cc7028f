import type { ErrorName } from '#src/core/errors/errors.ts';
import { isOver, type TransferRecord } from '#src/core/transfer/transfer.ts';
import { releaseSlotOrTicket } from '#src/queue/slots.ts';
import { endedOutsideErrors } from '#src/transfer/ended-outside.ts';
import { readCauseMessage, readFailure, toSentence } from '#src/transfer/failure.ts';
import { describeOutcome, type Outcome, transferLogFields } from '#src/transfer/outcome.ts';
import { publishOutcome } from '#src/transfer/publish-outcome.ts';
import type { FinishedExecution, ReconcilerPorts } from './reconciler-ports.ts';

/** How an end is recorded that no Catch saw: its state, and what row and event say of it. */
export interface RecordedEnd {
  readonly state: 'failed' | 'cancelled';
  readonly told: Outcome;
  /** The error's name, where it failed. */
  readonly error?: ErrorName;
}

interface Failed {
  readonly name: ErrorName;
  readonly what: string;
}

const failures: Readonly<Record<Exclude<FinishedExecution['status'], 'aborted'>, Failed>> = {
  'timed-out': {
    name: endedOutsideErrors.timedOut,
    what: "the execution reached the state machine's time limit",
  },
  failed: {
    name: endedOutsideErrors.otherwise,
    what: 'the execution failed and recorded no outcome',
  },
  succeeded: {
    name: endedOutsideErrors.otherwise,
    what: 'the execution succeeded and recorded no outcome',
  },
  unknown: {
    name: endedOutsideErrors.otherwise,
    what: 'the execution ended and recorded no outcome',
  },
};

/** Says how an execution's end is recorded, with what Step Functions said of it. */
export function recordedEnd({ status, error, cause }: FinishedExecution): RecordedEnd {
  const said = [error, cause && readCauseMessage(cause)].filter(Boolean).join(': ');
  if (status === 'aborted') {
    return { state: 'cancelled', told: { status: 'cancelled', why: whyCancelled(said) } };
  }
  const { name, what } = failures[status];
  const failure = readFailure({ Error: name, Cause: said ? `${what}: ${said}` : what });
  return { state: 'failed', told: { status: 'failed', ...failure }, error: name };
}

/** Whoever stops an execution may give an error and a cause. */
function whyCancelled(said: string): string {
  return toSentence(said ? `the execution was stopped: ${said}` : 'the execution was stopped');
}

/**
 * Ends a transfer whose execution ended without saying so: row, slot, event, in this order, so that
 * whatever a crash leaves undone can be found and done again.
 * @param seen - the row as it was judged; another owner, fence or state by now leaves it alone
 * @returns whether it was settled by this call
 */
export async function closeTransfer(
  ports: ReconcilerPorts,
  seen: TransferRecord,
  end: FinishedExecution,
): Promise<boolean> {
  const { store, clock } = ports;
  const { transferId, fence } = seen;
  const recorded = recordedEnd(end);
  const started = { executionStartedAt: end.startedAt ?? seen.createdAt };
  const outcome = await describeOutcome(ports, seen, started, recorded.told);
  // A last look: a step that outlived its execution may have recorded the outcome meanwhile.
  if (!isSame(await store.transfer(transferId), seen)) return false;
  const patch = { state: recorded.state, outcome, outcomePublished: false };
  const active = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), active))) return false;
  countClosed(ports, recorded);
  ports.log.warn('transfer settled', {
    ...transferLogFields(seen),
    became: recorded.state,
    error: recorded.error,
  });
  await finishTransfer(ports, transferId);
  return true;
}

function isSame(row: TransferRecord | undefined, seen: TransferRecord): boolean {
  return row?.state === 'active' && row.fence === seen.fence && row.owner === seen.owner;
}

/** Counts what was recorded from outside, whether a transfer or a start that never took one. */
export function countClosed(
  { meter }: Pick<ReconcilerPorts, 'meter'>,
  { state, error }: RecordedEnd,
): void {
  meter.add('TransfersClosed', 1);
  if (state === 'cancelled') {
    meter.add('TransfersCancelled', 1);
    return;
  }
  meter.add('TransfersFailed', 1);
  meter.add('FailuresByError', 1, error);
}

/**
 * Does what is left to do for a transfer that is over: its slot or its ticket is released, its event is
 * put. One that was taken again meanwhile is left alone.
 */
export async function finishTransfer(ports: ReconcilerPorts, transferId: string): Promise<void> {
  const row = await ports.store.transfer(transferId);
  if (!row || !isOver(row.state)) return;
  await releaseSlotOrTicket(ports, row);
  await publishOutcome(ports, row);
}
