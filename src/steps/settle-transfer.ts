import type { ErrorName } from '#src/core/errors.ts';
import type { TransferRecord } from '#src/core/transfer.ts';
import { announce } from './announce.ts';
import { describeOutcome } from './describe-outcome.ts';
import { type Failure, messageOf, readFailure } from './failure.ts';
import type { Over, SettlePorts } from './settle-ports.ts';
import { settledErrors } from './settled-errors.ts';
import { leaveTurn } from './turns.ts';

interface Ended {
  readonly name: ErrorName;
  readonly what: string;
}

const endings: Readonly<Record<Over['status'], Ended>> = {
  aborted: { name: settledErrors.aborted, what: 'the execution was aborted' },
  'timed-out': {
    name: settledErrors.timedOut,
    what: "the execution reached the state machine's time limit",
  },
  failed: { name: settledErrors.otherwise, what: 'the execution failed and recorded no outcome' },
  succeeded: {
    name: settledErrors.otherwise,
    what: 'the execution succeeded and recorded no outcome',
  },
  unknown: { name: settledErrors.otherwise, what: 'the execution ended and recorded no outcome' },
};

/** The named error by which an execution's end is told, with what Step Functions said of it. */
export function failureOf({ status, error, cause }: Over): Failure {
  const { name, what } = endings[status];
  const said = [error, cause && messageOf(cause)].filter(Boolean).join(': ');
  return readFailure({ Error: name, Cause: said ? `${what}: ${said}` : what });
}

/**
 * Ends a transfer whose execution ended without saying so: row, turn, event, in this order, so that
 * whatever a crash leaves undone can be found and done again.
 * @param seen - the row as it was judged; another owner, fence or state by now leaves it alone
 * @returns whether it was settled by this call
 */
export async function settleTransfer(
  ports: SettlePorts,
  seen: TransferRecord,
  end: Over,
): Promise<boolean> {
  const { store, clock } = ports;
  const { transferId, fence } = seen;
  const failure = failureOf(end);
  const started = { executionStartedAt: end.startedAt ?? seen.createdAt };
  const told = { status: 'failed', ...failure };
  const outcome = await describeOutcome(ports, seen, started, told);
  // A last look: a step that outlived its execution may have recorded the outcome meanwhile.
  if (!isSame(await store.transfer(transferId), seen)) return false;
  const patch = { state: 'failed', outcome, announced: false } as const;
  const active = { state: 'active' } as const;
  if (!(await store.patchTransfer(transferId, fence, patch, clock.now(), active))) return false;
  countFailure(ports, failure);
  ports.log.warn('transfer settled', { transferId, execution: seen.owner, error: failure.error });
  await finishTransfer(ports, transferId);
  return true;
}

function isSame(row: TransferRecord | undefined, seen: TransferRecord): boolean {
  return row?.state === 'active' && row.fence === seen.fence && row.owner === seen.owner;
}

/** Counts what was settled, whether a transfer or a start that never took one. */
export function countFailure({ meter }: Pick<SettlePorts, 'meter'>, { error }: Failure): void {
  meter.add('TransfersSettled', 1);
  meter.add('TransfersFailed', 1);
  meter.add('FailuresByError', 1, error);
}

/**
 * Does what is left to do for a transfer that is over: its turn and its place go back, its event is
 * put. One that was taken again meanwhile is left alone.
 */
export async function finishTransfer(ports: SettlePorts, transferId: string): Promise<void> {
  const row = await ports.store.transfer(transferId);
  if (!row || row.state === 'active') return;
  await leaveTurn(ports, row);
  await announce(ports, row);
}
