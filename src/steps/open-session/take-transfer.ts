import { type ErrorName, TransferError } from '#src/core/errors/errors.ts';
import { isCancelledByRequest, isOver, type TransferRecord } from '#src/core/transfer/transfer.ts';
import { queuedEnding } from '#src/queue/join-queue.ts';
import { wasEndedOutside } from '#src/transfer/ended-outside.ts';
import { leaseEndFrom } from '#src/transfer/ownership.ts';
import { findSameContent } from '#src/transfer/same-content.ts';
import type { DispatchedStart, Ending, Inspected } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';
import { transferIdOf } from '#src/transfer/transfer-ids.ts';

/** Rounds of looking and taking; each one lost means that somebody else moved the row. */
const maxTakingRounds = 8;

/** Either the transfer is ours now, or there is nothing for us to do. */
export type TakeResult =
  | { readonly taken: TransferRecord; readonly before: TransferRecord | undefined }
  | { readonly ending: Ending };

/**
 * Takes the transfer of this object version, or says that it is done already or in other hands, or
 * that the asset of an earlier version holds the same bytes, where the source lets that be used again.
 * A version that is an asset already is taken as a further ingest when forced, once for each
 * execution, or when the asset is gone at the service.
 */
export async function takeTransfer(
  ports: Needs<'store' | 'destination' | 'executions' | 'queue'>,
  inspected: Inspected,
  invocation: Invocation,
): Promise<TakeResult> {
  const { object } = inspected;
  const { executionId } = invocation;
  const { force } = inspected.options;
  const sameContent = () => findSameContent(ports, inspected, invocation);
  let noted = force && (await ports.store.transferOfExecution(executionId));
  for (let round = 0; round < maxTakingRounds; round++) {
    const ingestNumber = await ports.store.latestIngestNumber(object);
    const before = await ports.store.transfer(transferIdOf(object, ingestNumber));
    const further = transferIdOf(object, ingestNumber + 1);
    if (before?.state === 'queued') return { ending: await queuedAlready(ports, before) };
    const isEvent = inspected.start === 'event';
    if (before?.state === 'cancelled' && (isEvent || isCancelledSince(before, invocation)))
      return { ending: cancelledEnding(before) };
    // One that went for a transfer before has had its further ingest, unless it died just before it.
    const isForced = force && (!noted || noted === further);
    const isReady = before?.state === 'ready' && before.assetId !== undefined;
    if (isReady && !isForced) {
      const exists = await assetExists(ports, before.assetId as string, invocation);
      if (exists) return { ending: alreadyIngested(before) };
    }
    if (isReady || (before && isForced && isSpent(before))) {
      await ports.store.recordExecution(executionId, further);
      noted = further;
      await ports.store.raiseIngestNumber(object, ingestNumber + 1);
      continue;
    }
    if (before && !(await mayTake(ports, before, invocation)))
      return { ending: runningElsewhere(before) };
    const same = !force && before?.state !== 'active' && (await sameContent());
    if (same) return { ending: reused(same, inspected) };
    const taken = takenRecord(ports, inspected, invocation, before, ingestNumber);
    await ports.store.recordExecution(executionId, taken.transferId);
    if (await ports.store.takeTransfer(taken, before)) return { taken, before };
  }
  throw rowContended();
}

/** A start by hand undoes an operator's cancel only if it came after it. */
function isCancelledSince(
  row: TransferRecord,
  { executionStartedAt }: Pick<Invocation, 'executionStartedAt'>,
): boolean {
  return (
    isCancelledByRequest(row) && Date.parse(String(row.outcome?.cancelledAt)) > executionStartedAt
  );
}

function rowContended(): TransferError {
  return new TransferError(
    'TableUnavailableError',
    `the transfer's row kept changing hands for ${maxTakingRounds} rounds`,
  );
}

/**
 * Whether going on with it would only end it so again: its bytes are complete, or the service says what
 * can't be true of its session.
 */
function isSpent({ state, bytesCompleteAt, outcome }: TransferRecord): boolean {
  if (!isOver(state)) return false;
  const isContradicted = outcome?.error === ('ProtocolViolationError' satisfies ErrorName);
  return bytesCompleteAt !== undefined || isContradicted;
}

/**
 * Whether the row is free: mine, over, or of an execution that has ended. Where that can't be told,
 * the lease decides.
 */
async function mayTake(
  { executions, clock }: Needs<'executions'>,
  record: TransferRecord,
  { executionId }: Invocation,
): Promise<boolean> {
  if (record.owner === executionId || record.state !== 'active') return true;
  const status = await executions.statusOf(record.owner);
  return status === 'unknown' ? record.leaseUntil < clock.now() : status === 'ended';
}

async function assetExists(
  { destination }: Needs<'destination'>,
  assetId: string,
  { signal }: Invocation,
): Promise<boolean> {
  return (await destination.assetStatus(assetId, { signal })).phase !== 'missing';
}

/**
 * Takes the queued transfer that the dispatcher started this execution for.
 * @throws InvalidInputError - no transfer has that id
 */
export async function takeQueued(
  ports: Needs<'store' | 'queue'>,
  { dispatched }: DispatchedStart,
  { executionId }: Invocation,
): Promise<TakeResult> {
  const { transferId, fence } = dispatched;
  for (let round = 0; round < maxTakingRounds; round++) {
    const before = await ports.store.transfer(transferId);
    if (!before) throw noSuchTransfer(transferId);
    if (before.owner === executionId && isOwnTransfer(before)) return { taken: before, before };
    if (before.state !== 'queued' || before.fence !== fence)
      return { ending: await endingOfTaken(ports, before) };
    const now = ports.clock.now();
    const owned = { owner: executionId, fence: fence + 1, leaseUntil: leaseEndFrom(now) };
    const taken = { ...before, ...owned, state: 'active', changedAt: now } as const;
    await ports.store.recordExecution(executionId, transferId);
    if (!(await ports.store.takeTransfer(taken, before))) continue;
    ports.meter.add('TransfersDispatched', 1);
    return { taken, before };
  }
  throw rowContended();
}

/** Taken by an earlier call of this step, or ended from outside before this execution was redriven. */
function isOwnTransfer({ state, outcome }: TransferRecord): boolean {
  return state === 'active' || wasEndedOutside(outcome);
}

/** Writes the ticket again as well: should it ever be lost, any start of the object brings it back. */
async function queuedAlready(ports: Needs<'queue'>, row: TransferRecord): Promise<Ending> {
  const { transferId, fence, ticketNumber: number, changedAt: since, options } = row;
  const { priority = 'live' } = options;
  if (number !== undefined)
    await ports.queue.putTicket({ priority, number, transferId, fence, since });
  return queuedEnding(ports, row);
}

function noSuchTransfer(transferId: string): TransferError {
  const message = `dispatched.transferId ${JSON.stringify(transferId)}: no such transfer`;
  return new TransferError('InvalidInputError', message);
}

/** How an execution ends whose queued transfer was taken, ended or queued again before it came. */
async function endingOfTaken(
  ports: Pick<Needs<'queue'>, 'queue'>,
  row: TransferRecord,
): Promise<Ending> {
  if (row.state === 'active') return runningElsewhere(row);
  if (row.state === 'queued') return queuedEnding(ports, row);
  if (row.state === 'ready') return alreadyIngested(row);
  if (row.state === 'cancelled') return cancelledEnding(row);
  const { transferId, state } = row;
  return { status: 'no-longer-queued', transferId, state, ...objectOf(row) };
}

function takenRecord(
  { destination, clock }: Needs<'destination'>,
  { object, source, options }: Inspected,
  { executionId }: Invocation,
  before: TransferRecord | undefined,
  ingestNumber: number,
): TransferRecord {
  const now = clock.now();
  // The slot and the ticket of an owner that died are still this transfer's.
  const isUnfinished = before?.state === 'active' && before.bytesCompleteAt === undefined;
  // Numbers belong to a priority: under another one, this number may be another transfer's.
  const isSamePriority = before?.options.priority === options.priority;
  return {
    ...before,
    transferId: transferIdOf(object, ingestNumber),
    state: 'active',
    destination: destination.identity,
    ingestNumber,
    source,
    options,
    owner: executionId,
    fence: (before?.fence ?? 0) + 1,
    leaseUntil: leaseEndFrom(now),
    sessionNumber: before?.sessionNumber ?? 0,
    createdAt: before?.createdAt ?? now,
    changedAt: now,
    assetId: undefined,
    ticketNumber: isUnfinished && isSamePriority ? before.ticketNumber : undefined,
    slot: isUnfinished ? before.slot : undefined,
    failedStarts: undefined,
    bytesCompleteAt: undefined,
    checksumSkipped: undefined,
    outcome: undefined,
    outcomePublished: false,
    retries: before?.retries ?? {},
  };
}

function alreadyIngested(record: TransferRecord): Ending {
  return {
    status: 'already-ingested',
    transferId: record.transferId,
    assetId: record.assetId,
    ...objectOf(record),
  };
}

/** The asset of an earlier version, for a version that holds the same bytes. */
function reused(record: TransferRecord, { source }: Inspected): Ending {
  return {
    ...alreadyIngested(record),
    versionId: source.versionId,
    etag: source.etag,
    sameContentAs: record.source.versionId ?? record.source.etag,
  };
}

function runningElsewhere(record: TransferRecord): Ending {
  return {
    status: 'running-elsewhere',
    transferId: record.transferId,
    execution: record.owner,
    leaseUntil: new Date(record.leaseUntil).toISOString(),
    ...objectOf(record),
  };
}

/** An operator or whoever stopped its execution cancelled it; only a start by hand takes it again. */
function cancelledEnding(record: TransferRecord): Ending {
  return {
    status: 'cancelled',
    transferId: record.transferId,
    why: record.outcome?.why,
    ...objectOf(record),
  };
}

function objectOf({ source }: TransferRecord) {
  return { bucket: source.bucket, key: source.key, versionId: source.versionId, etag: source.etag };
}
