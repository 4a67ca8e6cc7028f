import { type ErrorName, TransferError } from '#src/core/errors.ts';
import { type TransferRecord, transferIdOf } from '#src/core/transfer.ts';
import { leaseFrom } from './ownership.ts';
import { transferOfSameContent } from './same-content.ts';
import type { Ending, Inspected } from './state.ts';
import type { Invocation, Needs } from './step.ts';

/** Rounds of looking and taking; each one lost means that somebody else moved the row. */
const maxTakingRounds = 8;

/** Either the transfer is ours now, or there is nothing for us to do. */
export type Taking =
  | { readonly taken: TransferRecord; readonly before: TransferRecord | undefined }
  | { readonly ending: Ending };

/**
 * Takes the transfer of this object version, or says that it is done already or in other hands, or
 * that the asset of an earlier version holds the same bytes, where the source lets that be used again.
 * A version that is an asset already is taken as a further ingest when forced, once for each
 * execution, or when the asset is gone at the service.
 */
export async function takeTransfer(
  ports: Needs<'store' | 'destination' | 'executions'>,
  inspected: Inspected,
  invocation: Invocation,
): Promise<Taking> {
  const { object } = inspected;
  const { executionId } = invocation;
  const { force } = inspected.options;
  const sameContent = () => transferOfSameContent(ports, inspected, invocation);
  let noted = force && (await ports.store.transferOfExecution(executionId));
  for (let round = 0; round < maxTakingRounds; round++) {
    const ingest = await ports.store.latestIngest(object);
    const before = await ports.store.transfer(transferIdOf(object, ingest));
    const further = transferIdOf(object, ingest + 1);
    // One that went for a transfer before has had its further ingest, unless it died just before it.
    const isForced = force && (!noted || noted === further);
    const isReady = before?.state === 'ready' && before.assetId !== undefined;
    if (isReady && !isForced) {
      const exists = await assetExists(ports, before.assetId as string, invocation);
      if (exists) return { ending: alreadyIngested(before) };
    }
    if (isReady || (before && isForced && isSpent(before))) {
      await ports.store.noteExecution(executionId, further);
      noted = further;
      await ports.store.raiseIngest(object, ingest + 1);
      continue;
    }
    if (before && !(await mayTake(ports, before, invocation)))
      return { ending: runningElsewhere(before) };
    const same = !force && before?.state !== 'active' && (await sameContent());
    if (same) return { ending: reused(same, inspected) };
    const taken = takenRecord(ports, inspected, invocation, before, ingest);
    await ports.store.noteExecution(executionId, taken.transferId);
    if (await ports.store.takeTransfer(taken, before)) return { taken, before };
  }
  throw new TransferError(
    'TableUnavailableError',
    `the transfer's row kept changing hands for ${maxTakingRounds} rounds`,
  );
}

/**
 * Whether going on with it would only end it so again: its bytes are complete, or the service says what
 * can't be true of its session.
 */
function isSpent({ state, bytesCompleteAt, outcome }: TransferRecord): boolean {
  if (state === 'active') return false;
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

function takenRecord(
  { destination, clock }: Needs<'destination'>,
  { object, source, options }: Inspected,
  { executionId }: Invocation,
  before: TransferRecord | undefined,
  ingest: number,
): TransferRecord {
  const now = clock.now();
  // What its dead owner held in the line is this transfer's still; one that ended gave it back.
  const isUnfinished = before?.state === 'active' && before.bytesCompleteAt === undefined;
  return {
    ...before,
    transferId: transferIdOf(object, ingest),
    state: 'active',
    destination: destination.identity,
    ingest,
    source,
    options,
    owner: executionId,
    fence: (before?.fence ?? 0) + 1,
    leaseUntil: leaseFrom(now),
    sessionNumber: before?.sessionNumber ?? 0,
    createdAt: before?.createdAt ?? now,
    changedAt: now,
    assetId: undefined,
    waitingNumber: isUnfinished ? before.waitingNumber : undefined,
    slot: isUnfinished ? before.slot : undefined,
    bytesCompleteAt: undefined,
    checksumSkipped: undefined,
    outcome: undefined,
    announced: false,
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

function objectOf({ source }: TransferRecord) {
  return { bucket: source.bucket, key: source.key, versionId: source.versionId, etag: source.etag };
}
