import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { isTransient } from '#src/core/errors/recovery.ts';
import { maxMapConcurrency, maxRangesPerPlan } from '#src/core/limits/limits.ts';
import type { OpenSessionAnswer } from '#src/core/stack/next-answers.ts';
import { type ChunkRange, planRanges } from '#src/core/transfer/chunk-plan.ts';
import { type ChunkRecord, isProven, type TransferRecord } from '#src/core/transfer/transfer.ts';
import type { WaitReason } from '#src/queue/admission.ts';
import { joinQueue, queuedEnding } from '#src/queue/join-queue.ts';
import { acquireSlot } from '#src/queue/slots.ts';
import { wasEndedOutside } from '#src/transfer/ended-outside.ts';
import { fencedOutError, readOwnedTransfer, type UsableSession } from '#src/transfer/ownership.ts';
import { countTransferRetry, retryCauseOf } from '#src/transfer/retry-counts.ts';
import {
  type DispatchedStart,
  dispatchedSchema,
  type Ending,
  type Inspected,
  inspectedSchema,
  type Owned,
  ownedSchema,
  readState,
} from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';
import { outageAfterSuccess, remainingWait, waitOut } from '#src/transfer/wait-out.ts';
import { ensureSession, type SessionChoice } from './ensure-session.ts';
import { planRound } from './plan-round.ts';
import { takeQueued, takeTransfer } from './take-transfer.ts';

type OpenPorts = Needs<'store' | 'queue' | 'destination' | 'executions' | 'events' | 'settings'>;

/** What OpenSession makes the state: an owned transfer with its plan, or an ending. */
export type OpenAnswer =
  | (Owned & {
      readonly ranges: readonly ChunkRange[];
      readonly concurrency: number;
      readonly next: Exclude<OpenSessionAnswer, 'ended'>;
      readonly waitSeconds: number;
    })
  | { readonly next: 'ended'; readonly waitSeconds: 0; readonly ending: Ending };

/** Nothing is owned yet, and the service asks us to wait. */
export type OpenPostponed = (Inspected | DispatchedStart) & {
  readonly next: 'wait';
  readonly waitSeconds: number;
};

/**
 * Takes the transfer on the first call, acquires a slot or joins the queue, finds or opens the upload
 * session, and plans the ranges that still hold chunks without a proof.
 * @throws FencedOutError, TransferCancelledError, SessionsExhaustedError, RoundsExhaustedError, PlanTooLargeError, and what
 *   the destination refuses a session with
 */
export async function openSession(
  ports: OpenPorts,
  state: unknown,
  invocation: Invocation,
): Promise<OpenAnswer | OpenPostponed> {
  const entered = await enter(ports, state, invocation);
  if ('next' in entered) return entered;
  if ('ending' in entered) return ended(entered.ending);
  const { transfer, owned } = entered;
  const found = await acquireSlot(ports, transfer, () => publishStart(ports, transfer));
  if (found.slot === 'none') return withoutSlot(ports, entered, found.because);
  const rest = remainingWait(ports, owned);
  if (rest) return { ...owned, ...rest, ranges: [], concurrency: 1 };
  return withSlot(ports, { ...entered, transfer: found.transfer }, invocation);
}

/** How often a local run looks for a free slot, in seconds. */
const localWaitSeconds = 15;

async function withoutSlot(
  ports: OpenPorts,
  { transfer, owned }: Entered,
  because: WaitReason,
): Promise<OpenAnswer> {
  if (!ports.settings.isLocalRun) return ended(await joinQueue(ports, transfer, because));
  const nextTry = new Date(ports.clock.now() + localWaitSeconds * 1000).toISOString();
  const { transferId } = transfer;
  ports.log.info('waiting for a slot', { transferId, because, nextTry });
  return { ...owned, ranges: [], concurrency: 1, next: 'wait', waitSeconds: localWaitSeconds };
}

function ended(ending: Ending): OpenAnswer {
  return { next: 'ended', waitSeconds: 0, ending };
}

async function withSlot(
  ports: OpenPorts,
  { transfer, owned, isNewOwner }: Entered,
  invocation: Invocation,
): Promise<OpenAnswer> {
  try {
    const found = await ensureSession(ports, transfer, owned, isNewOwner, invocation);
    const outage =
      found.next === 'wait' ? owned.outage : outageAfterSuccess('OpenSession', owned.outage);
    return await nextOf(ports, transfer, { ...owned, outage }, found);
  } catch (error) {
    if (!isTransient(error)) throw error;
    const { transferId } = transfer;
    await countTransferRetry(ports, transferId, retryCauseOf(error));
    const wait = waitOut(ports, owned, error, { transferId, step: 'OpenSession' });
    return { ...owned, ...wait, ranges: [], concurrency: 1 };
  }
}

/** Nobody's transfer should fail because others could not be told that it started. */
async function publishStart(
  { events, meter, log, clock }: OpenPorts,
  { transferId, source, ingestNumber, owner }: TransferRecord,
): Promise<void> {
  meter.add('TransfersStarted', 1);
  const { bucket, key, versionId, etag, sizeBytes } = source;
  const detail = {
    status: 'started',
    transferId,
    execution: owner,
    bucket,
    key,
    versionId,
    etag,
    ingestNumber,
    bytes: sizeBytes,
  };
  try {
    await events.publish({ type: 'Transfer Started', detail, at: clock.now() });
  } catch (error) {
    if (!isTransferError(error)) throw error;
    log.warn('start not announced', { transferId, error: error.name, reason: error.message });
  }
}

interface Entered {
  readonly transfer: TransferRecord;
  readonly owned: Owned;
  /** Whether the transfer was just taken, with a session that somebody else may have left. */
  readonly isNewOwner: boolean;
}

async function enter(
  ports: OpenPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Entered | OpenPostponed | { ending: Ending }> {
  if (typeof state === 'object' && state !== null && 'transferId' in state) {
    const owned = readState(ownedSchema, state);
    const transfer = await readOwnedTransfer(ports, owned, invocation);
    if (transfer.state === 'queued') return { ending: await queuedEnding(ports, transfer) };
    return { transfer: await reopened(ports, transfer), owned, isNewOwner: false };
  }
  const start = readStart(state);
  const rest = remainingWait(ports, start);
  if (rest) return { ...start, ...rest };
  try {
    const taking =
      'dispatched' in start
        ? await takeQueued(ports, start, invocation)
        : await takeTransfer(ports, start, invocation);
    if ('ending' in taking) return taking;
    const owned = firstState(taking.taken, ports.clock.now());
    return { transfer: await reopened(ports, taking.taken), owned, isNewOwner: true };
  } catch (error) {
    if (!isTransient(error)) throw error;
    return { ...start, ...waitOut(ports, start, error, { step: 'OpenSession' }) };
  }
}

function readStart(state: unknown): Inspected | DispatchedStart {
  const isDispatched = typeof state === 'object' && state !== null && 'dispatched' in state;
  return isDispatched ? readState(dispatchedSchema, state) : readState(inspectedSchema, state);
}

/**
 * Makes a transfer active again whose end was recorded from outside and whose execution was redriven
 * since. Any other end is final: a late second call of this step would undo it.
 */
async function reopened({ store, clock }: OpenPorts, transfer: TransferRecord) {
  const { transferId, fence, state, outcome } = transfer;
  if (state === 'active') return transfer;
  const isOver = state === 'failed' || state === 'cancelled';
  if (!isOver || !wasEndedOutside(outcome)) throw fencedOutError(transferId, transfer.owner);
  const patch = { state: 'active', outcome: undefined, outcomePublished: false } as const;
  const held = await store.patchTransfer(transferId, fence, patch, clock.now(), { state });
  if (!held) throw fencedOutError(transferId, undefined);
  return { ...transfer, ...patch };
}

function firstState(
  { transferId, source, fence, sessionNumber }: TransferRecord,
  now: number,
): Owned {
  return {
    transferId,
    bucket: source.bucket,
    key: source.key,
    fence,
    sessionNumber,
    round: 0,
    planned: 0,
    sessionsOpened: 0,
    createsLost: 0,
    polls: 0,
    since: now,
    proven: 0,
    counted: 0,
    probes: 0,
  };
}

async function nextOf(
  ports: OpenPorts,
  transfer: TransferRecord,
  owned: Owned,
  found: SessionChoice,
): Promise<OpenAnswer> {
  const { number: sessionNumber, sessionsOpened, createsLost } = found;
  // A session that was opened is a success: what was waited out before is over.
  const outage = sessionsOpened > owned.sessionsOpened ? undefined : owned.outage;
  const known = { ...owned, sessionNumber, sessionsOpened, createsLost, outage };
  if (found.next === 'wait') return { ...known, ...found.wait, ranges: [], concurrency: 1 };
  if (found.next !== 'plan') return proceed(ports, known, [], found.next);
  return plan(ports, transfer, known, found.record);
}

async function plan(
  ports: OpenPorts,
  transfer: TransferRecord,
  owned: Owned,
  { number, session }: UsableSession,
): Promise<OpenAnswer> {
  const chunks = await ports.store.chunks(transfer.transferId, number);
  const proven = chunks.values().filter(isProven).toArray();
  const lacking = planRanges(session.totalChunks, session.chunkSizeBytes, (index) =>
    isProven(chunks.get(index)),
  );
  ensureWithinPlan(lacking.length);
  const planned = planRound(owned, lacking, proven.length, ports.clock.now());
  ports.log.info('upload planned', {
    transferId: transfer.transferId,
    sessionNumber: number,
    chunks: session.totalChunks,
    chunkSizeBytes: session.chunkSizeBytes,
    provenBytes: sumOfBytes(proven),
    sizeBytes: transfer.source.sizeBytes,
    ranges: planned.ranges.length,
  });
  const next = planned.ranges.length === 0 ? 'confirm' : 'send';
  return proceed(ports, planned.owned, planned.ranges, next);
}

function sumOfBytes(chunks: readonly ChunkRecord[]): number {
  return chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function ensureWithinPlan(ranges: number): void {
  if (ranges <= maxRangesPerPlan) return;
  throw new TransferError(
    'PlanTooLargeError',
    `${ranges} ranges in one plan; at most ${maxRangesPerPlan} are`,
  );
}

function proceed(
  ports: OpenPorts,
  owned: Owned,
  ranges: readonly ChunkRange[],
  next: Exclude<OpenSessionAnswer, 'wait' | 'ended'>,
): OpenAnswer {
  const concurrency = concurrencyOf(ports, owned, ranges.length);
  return {
    ...owned,
    ranges,
    concurrency,
    polls: 0,
    since: ports.clock.now(),
    next,
    waitSeconds: 0,
  };
}

/**
 * Ranges at once: one where the service wants order, else within what the service, the operator and
 * the line allow. Every slot has the same share of the sends.
 */
function concurrencyOf(
  { destination, settings }: OpenPorts,
  { senders = maxMapConcurrency }: Owned,
  ranges: number,
): number {
  const { order, maxInFlight } = destination.traits;
  if (order === 'ascending') return 1;
  const bySockets = Math.floor(maxInFlight / Math.min(settings.chunksInFlight, maxInFlight));
  const share = Math.floor(settings.maxSendConcurrency / settings.maxActiveTransfers);
  const most = Math.min(
    settings.mapConcurrency,
    maxMapConcurrency,
    share,
    bySockets,
    ranges,
    senders,
  );
  return Math.max(1, most);
}
