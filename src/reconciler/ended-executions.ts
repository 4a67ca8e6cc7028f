import type { ServiceCall } from '#src/background-work/work-through.ts';
import { isPreflightInput } from '#src/core/preflight-findings.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { publishOutcome } from '#src/outcome/publish-outcome.ts';
import { recordRejection } from '#src/outcome/record-rejection.ts';
import { dispatchedStartIn } from '#src/step-support/state.ts';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import { closeTransfer, countClosed, describeEnd, finishTransfer } from './close-transfer.ts';
import {
  type FinishedExecution,
  finishedExecution,
  type ReconcilerPorts,
} from './reconciler-ports.ts';

/** An execution that ended, and its end as Step Functions reported it. */
export interface EndedExecution {
  readonly executionId: string;
  readonly end: FinishedExecution;
}

/**
 * `closed`, `rejected` and `cancelled`: this call recorded an outcome. `closed` also: this call queued the transfer
 * again, because a new execution can continue it. `finished`: an outcome was recorded
 * before. `unchanged`: no outcome is missing, or another execution owns the transfer.
 */
export type EndedExecutionResult = 'closed' | 'rejected' | 'cancelled' | 'finished' | 'unchanged';

/**
 * Records an outcome for an execution that ended without RecordOutcome: the outcome of its transfer, or
 * of a start that never took one. Leaves transfers of other executions and redriven executions
 * unchanged. Idempotent.
 */
export async function reconcileEndedExecution(
  ports: ReconcilerPorts,
  ended: EndedExecution,
  call: ServiceCall,
): Promise<EndedExecutionResult> {
  const { store } = ports;
  const transferId = await store.transferOfExecution(ended.executionId);
  const row = transferId === undefined ? undefined : await store.transfer(transferId);
  if (row?.owner === ended.executionId) return closeOwned(ports, row, ended);
  if (row && (await isContinued(ports, row))) return 'unchanged';
  return recordRejectedStart(ports, ended, call);
}

/**
 * True if the transfer is ready or queued, or another execution works on it. An owner that has ended
 * reports its own end only. If the owner's status is unknown, the lease decides.
 */
async function isContinued(
  { executions, clock }: ReconcilerPorts,
  { state, owner, leaseUntil }: TransferRecord,
): Promise<boolean> {
  // The dispatcher starts an execution for a queued transfer.
  if (state !== 'active') return state === 'ready' || state === 'queued';
  const { status } = await executions.endOf(owner);
  return status === 'unknown' ? leaseUntil >= clock.now() : status === 'running';
}

async function closeOwned(
  ports: ReconcilerPorts,
  row: TransferRecord,
  ended: EndedExecution,
): Promise<EndedExecutionResult> {
  if (row.state === 'queued') return 'unchanged';
  if (row.state !== 'active') {
    await finishTransfer(ports, row.transferId);
    return 'finished';
  }
  const end = await readLatestEnd(ports, ended);
  return end && (await closeTransfer(ports, row, end)) ? 'closed' : 'unchanged';
}

/** Reads the execution again, because a redrive may be newer than the event. Default: the event's end. */
async function readLatestEnd(
  { executions }: ReconcilerPorts,
  { executionId, end }: EndedExecution,
): Promise<FinishedExecution | undefined> {
  const latest = finishedExecution(await executions.endOf(executionId));
  if (latest?.status === 'unknown') return end;
  return latest && { ...latest, ...withoutUndefined(end), status: latest.status };
}

function withoutUndefined(end: FinishedExecution): Partial<FinishedExecution> {
  return Object.fromEntries(Object.entries(end).filter(([, value]) => value !== undefined));
}

/** Reports an execution that ended before it took a transfer as a rejected start. */
async function recordRejectedStart(
  ports: ReconcilerPorts,
  ended: EndedExecution,
  call: ServiceCall,
): Promise<EndedExecutionResult> {
  const recorded = await ports.store.transfer(rejectionIdOf(ended.executionId));
  if (recorded) {
    await publishOutcome(ports, recorded);
    return 'finished';
  }
  const end = await readLatestEnd(ports, ended);
  if (!end || !needsOutcome(end)) return 'unchanged';
  return recordStart(ports, { ...ended, end }, call);
}

/**
 * False for an execution that succeeded after a redrive, for a preflight, and for an execution of the
 * dispatcher: its transfer is still queued, or has another owner.
 */
function needsOutcome({ status, input }: FinishedExecution): boolean {
  const parsed = parseInput(input);
  return status !== 'succeeded' && !isPreflightInput(parsed) && !dispatchedStartIn(parsed);
}

async function recordStart(
  ports: ReconcilerPorts,
  { executionId, end }: EndedExecution,
  call: ServiceCall,
): Promise<'rejected' | 'cancelled'> {
  const recorded = describeEnd(end);
  const state = recorded.state === 'cancelled' ? 'cancelled' : 'rejected';
  const executionStartedAt = end.startedAt ?? ports.clock.now();
  const executionInput = parseInput(end.input);
  const invocation = { ...call, executionId, executionInput, executionStartedAt };
  countClosed(ports, recorded);
  const { bucket, key } = await recordRejection(ports, recorded.reported, invocation, state);
  ports.log.warn('start closed', {
    ...{ bucket: bucket as string, key: key as string },
    ...{ execution: executionId, state, error: recorded.error },
  });
  return state;
}

function parseInput(input: string | undefined): unknown {
  try {
    return input === undefined ? undefined : JSON.parse(input);
  } catch {
    return undefined;
  }
}
