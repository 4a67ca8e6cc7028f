import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { publishOutcome } from '#src/transfer/publish-outcome.ts';
import { recordRejection } from '#src/transfer/record-rejection.ts';
import { dispatchedSchema } from '#src/transfer/state.ts';
import { rejectionIdOf } from '#src/transfer/transfer-ids.ts';
import { closeTransfer, countClosed, finishTransfer, recordedEnd } from './close-transfer.ts';
import { type FinishedExecution, finishedExecution, type ReconcilerPorts, type ServiceCall } from './reconciler-ports.ts';

/** An execution of ours that Step Functions called over, and what it said of it. */
export interface EndedExecution {
  readonly executionId: string;
  readonly end: FinishedExecution;
}

/** What became of it: `settled`, `refused` and `cancelled` were written now, `finished` was over already. */
export type EndedExecutionResult = 'settled' | 'refused' | 'cancelled' | 'finished' | 'left';

/**
 * Records an outcome for an execution that ended without RecordOutcome: as that of the transfer it
 * held, or as that of a start that never took one. What another execution brings over, and what runs
 * again by a redrive, is left alone. Idempotent.
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
  if (row && (await isBroughtOver(ports, row))) return 'left';
  return recordRejectedStart(ports, ended, call);
}

/**
 * True if another execution works on the transfer or has made it ready. An owner that is over reports
 * its own end only, and perhaps before this execution started. Where nobody can say, the lease decides.
 */
async function isBroughtOver(
  { executions, clock }: ReconcilerPorts,
  { state, owner, leaseUntil }: TransferRecord,
): Promise<boolean> {
  // A queued transfer is brought over by the execution that the dispatcher starts.
  if (state !== 'active') return state === 'ready' || state === 'queued';
  const { status } = await executions.endOf(owner);
  return status === 'unknown' ? leaseUntil >= clock.now() : status === 'running';
}

async function closeOwned(
  ports: ReconcilerPorts,
  row: TransferRecord,
  ended: EndedExecution,
): Promise<EndedExecutionResult> {
  if (row.state === 'queued') return 'left';
  if (row.state !== 'active') {
    await finishTransfer(ports, row.transferId);
    return 'finished';
  }
  const end = await newestEnd(ports, ended);
  return end && (await closeTransfer(ports, row, end)) ? 'settled' : 'left';
}

/**
 * The event may be older than a redrive, so the execution itself is asked. Where it can't be told,
 * the event is believed.
 */
async function newestEnd(
  { executions }: ReconcilerPorts,
  { executionId, end }: EndedExecution,
): Promise<FinishedExecution | undefined> {
  const asked = finishedExecution(await executions.endOf(executionId));
  if (asked?.status === 'unknown') return end;
  return asked && { ...asked, ...present(end), status: asked.status };
}

function present(end: FinishedExecution): Partial<FinishedExecution> {
  return Object.fromEntries(Object.entries(end).filter(([, value]) => value !== undefined));
}

/** It ended before it took a transfer: that is told as a refused start, unless it was already. */
async function recordRejectedStart(
  ports: ReconcilerPorts,
  ended: EndedExecution,
  call: ServiceCall,
): Promise<EndedExecutionResult> {
  const told = await ports.store.transfer(rejectionIdOf(ended.executionId));
  if (told) {
    await publishOutcome(ports, told);
    return 'finished';
  }
  const end = await newestEnd(ports, ended);
  // One that was redriven and ended well since had nothing to move, or has recorded what it did.
  if (!end || end.status === 'succeeded' || isPreflight(parsed(end.input))) return 'left';
  if (isDispatched(parsed(end.input))) return 'left';
  return recordStart(ports, { ...ended, end }, call);
}

async function recordStart(
  ports: ReconcilerPorts,
  { executionId, end }: EndedExecution,
  call: ServiceCall,
): Promise<'refused' | 'cancelled'> {
  const recorded = recordedEnd(end);
  const state = recorded.state === 'cancelled' ? 'cancelled' : 'refused';
  const executionStartedAt = end.startedAt ?? ports.clock.now();
  const executionInput = parsed(end.input);
  const invocation = { ...call, executionId, executionInput, executionStartedAt };
  countClosed(ports, recorded);
  const { bucket, key } = await recordRejection(ports, recorded.told, invocation, state);
  const named = { bucket: bucket as string, key: key as string };
  ports.log.warn('start settled', {
    ...named,
    execution: executionId,
    became: state,
    error: recorded.error,
  });
  return state;
}

function parsed(input: string | undefined): unknown {
  try {
    return input === undefined ? undefined : JSON.parse(input);
  } catch {
    return undefined;
  }
}

/** The transfer that it was started for is still queued, or another execution's. */
function isDispatched(input: unknown): boolean {
  return dispatchedSchema.safeParse(input).success;
}

/** A preflight moves no object: its findings are its only outcome. */
function isPreflight(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'preflight' in input;
}
