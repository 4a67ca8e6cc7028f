import type { TransferEvent } from '#src/core/ports.ts';
import {
  addCounts,
  type RetryCounts,
  type TransferRecord,
  type TransferState,
  transferIdOf,
} from '#src/core/transfer.ts';
import { type Failure, readFailure } from './failure.ts';
import { fencedOut } from './ownership.ts';
import { recordRefusal } from './record-refusal.ts';
import { type Ending, endedSchema, readState } from './state.ts';
import type { Invocation, Needs } from './step.ts';

type RecordPorts = Needs<'store' | 'events'>;

/** How the execution is to end: what Succeed puts out, or what Fail says. */
export type Recorded =
  | { readonly next: 'succeed'; readonly output: Readonly<Record<string, unknown>> }
  | {
      readonly next: 'fail';
      readonly output: Readonly<Record<string, unknown>>;
      readonly error: string;
      readonly cause: string;
    };

/**
 * Writes the outcome into the transfer's row, then puts its event, then marks the row as announced:
 * an event may come twice and is never lost. An outcome that is not ours to write (in other hands,
 * done before) changes nothing.
 */
export async function recordOutcome(
  ports: RecordPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Recorded> {
  const ended = readState(endedSchema, state);
  const transfer = await ownTransfer(ports, ended, invocation);
  if (ended.error) return recordFailure(ports, transfer, readFailure(ended.error), invocation);
  const { ending } = ended;
  if (ending?.status !== 'ready' && ending?.status !== 'superseded') {
    if (ending?.status === 'already-ingested') await announceLate(ports, ending);
    return { next: 'succeed', output: { ...ending } };
  }
  if (!transfer) throw fencedOut(ended.transferId ?? '', undefined);
  return { next: 'succeed', output: await recordEnding(ports, transfer, ending, invocation) };
}

/** A ready asset whose execution could not put its event: the next one to see it does. */
async function announceLate({ store, events, clock }: RecordPorts, ending: Ending): Promise<void> {
  const row = await store.transfer(String(ending.transferId));
  if (row?.state !== 'ready' || row.announced || !row.outcome) return;
  await events.publish({ type: 'Transfer Ready', detail: row.outcome, at: clock.now() });
  await store.patchTransfer(row.transferId, row.fence, { announced: true }, clock.now());
}

/** The row, if this execution owns it; also where it failed between owning and saying so. */
async function ownTransfer(
  { store }: RecordPorts,
  { transferId, object }: { transferId?: string | undefined; object?: string | undefined },
  { executionId }: Invocation,
): Promise<TransferRecord | undefined> {
  const id = transferId ?? (object && transferIdOf(object, await store.latestIngest(object)));
  const transfer = id ? await store.transfer(id) : undefined;
  return transfer?.owner === executionId ? transfer : undefined;
}

async function recordEnding(
  ports: RecordPorts,
  transfer: TransferRecord,
  ending: Ending,
  invocation: Invocation,
): Promise<Readonly<Record<string, unknown>>> {
  const output = await describe(ports, transfer, invocation, {
    status: ending.status,
    why: ending.why,
  });
  const isReady = ending.status === 'ready';
  await writeAndAnnounce(ports, transfer, isReady ? 'ready' : 'superseded', output, {
    type: isReady ? 'Transfer Ready' : 'Transfer Superseded',
    detail: output,
    at: ports.clock.now(),
  });
  return output;
}

async function recordFailure(
  ports: RecordPorts,
  transfer: TransferRecord | undefined,
  failure: Failure,
  invocation: Invocation,
): Promise<Recorded> {
  const told = { status: 'failed', error: failure.error, cause: failure.cause };
  if (failure.error === 'FencedOutError') return { next: 'fail', output: told, ...failure };
  if (!transfer)
    return { next: 'fail', output: await recordRefusal(ports, told, invocation), ...failure };
  const output = await describe(ports, transfer, invocation, told);
  await writeAndAnnounce(ports, transfer, 'failed', output, {
    type: 'Transfer Failed',
    detail: output,
    at: ports.clock.now(),
  });
  return { next: 'fail', output, ...failure };
}

async function writeAndAnnounce(
  { store, events, clock }: RecordPorts,
  transfer: TransferRecord,
  state: TransferState,
  outcome: Readonly<Record<string, unknown>>,
  event: TransferEvent,
): Promise<void> {
  const { transferId, fence } = transfer;
  if (!(await store.patchTransfer(transferId, fence, { state, outcome }, clock.now()))) {
    throw fencedOut(transferId, undefined);
  }
  if (transfer.announced) return;
  await events.publish(event);
  await store.patchTransfer(transferId, fence, { announced: true }, clock.now());
}

async function describe(
  ports: RecordPorts,
  transfer: TransferRecord,
  { executionStartedAt }: Invocation,
  outcome: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { transferId, assetId, source, ingest, bytesCompleteAt } = transfer;
  const secondsSince = (at: number) => Math.round(at - executionStartedAt) / 1000;
  return {
    ...outcome,
    transferId,
    assetId,
    bucket: source.bucket,
    key: source.key,
    versionId: source.versionId,
    etag: source.etag,
    ingest,
    bytes: source.sizeBytes,
    chunks: transfer.totalChunks,
    secondsToBytesComplete: bytesCompleteAt && secondsSince(bytesCompleteAt),
    secondsToReady: outcome.status === 'ready' ? secondsSince(ports.clock.now()) : undefined,
    checksum: source.checksum?.algorithm ?? 'none',
    retries: await allRetries(ports, transfer),
  };
}

/** Counts of the transfer, and of the ranges of all its sessions. */
async function allRetries(
  { store }: RecordPorts,
  { transferId, retries }: TransferRecord,
): Promise<RetryCounts> {
  const sessions = await store.sessions(transferId);
  const ranges = await Promise.all(sessions.map(({ number }) => store.ranges(transferId, number)));
  return ranges.flat().reduce((sum, range) => addCounts(sum, range.retries), retries);
}
