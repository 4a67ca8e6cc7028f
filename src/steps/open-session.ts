import { throttledWaitSeconds } from '#src/core/backoff.ts';
import { type ChunkRange, planRanges } from '#src/core/chunk-plan.ts';
import { isTransferError, TransferError } from '#src/core/errors.ts';
import {
  maxMapConcurrency,
  maxOpenPolls,
  maxRangesPerExecution,
  maxRangesPerPlan,
  maxRoundsPerExecution,
} from '#src/core/limits.ts';
import { isProven, type TransferRecord } from '#src/core/transfer.ts';
import { fencedOut, ownedTransfer, type UsableSession } from './ownership.ts';
import { readySession, type SessionFound } from './ready-session.ts';
import { causeOf, countTransferRetry } from './retries.ts';
import { isSettled } from './settled-errors.ts';
import {
  type Ending,
  type Inspected,
  inspectedSchema,
  type Owned,
  ownedSchema,
  readState,
} from './state.ts';
import type { Invocation, Needs } from './step.ts';
import { takeTransfer } from './take-transfer.ts';
import { haveTurn } from './turns.ts';

type OpenPorts = Needs<'store' | 'turns' | 'destination' | 'executions' | 'events' | 'settings'>;

/** What OpenSession makes the state: an owned transfer with its plan, or an ending. */
export type Opened =
  | (Owned & {
      readonly ranges: readonly ChunkRange[];
      readonly concurrency: number;
      readonly next: string;
      readonly waitSeconds: number;
    })
  | { readonly next: 'ended'; readonly waitSeconds: 0; readonly ending: Ending };

/** Nothing is owned yet, and the service asks us to wait. */
export type Postponed = Inspected & { readonly next: 'wait'; readonly waitSeconds: number };

/**
 * Takes the transfer on the first call, waits in line for its turn, finds or opens its upload
 * session, and plans the ranges that still hold chunks without a proof.
 * @throws FencedOutError, TurnNotReachedError, SessionsExhaustedError, RoundsExhaustedError, PlanTooLargeError, and what
 *   the destination refuses a session with
 */
export async function openSession(
  ports: OpenPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Opened | Postponed> {
  const entered = await enter(ports, state, invocation);
  if ('next' in entered) return entered;
  if ('ending' in entered) return { next: 'ended', waitSeconds: 0, ending: entered.ending };
  const { transfer, owned } = entered;
  const found = await haveTurn(ports, transfer, owned.since, () => announceStart(ports, transfer));
  if (found.turn === 'none') return waiting(owned, found.waitSeconds);
  return withTurn(ports, { ...entered, transfer: found.transfer }, invocation);
}

async function withTurn(
  ports: OpenPorts,
  { transfer, owned, isFirstLook }: Entered,
  invocation: Invocation,
): Promise<Opened> {
  try {
    const found = await readySession(ports, transfer, owned, isFirstLook, invocation);
    return await nextOf(ports, transfer, owned, found);
  } catch (error) {
    if (!isTransferError(error, 'ThrottledError')) throw error;
    await countTransferRetry(ports, transfer.transferId, causeOf(error));
    return pause(owned, error.retryAfterSeconds);
  }
}

/** Nobody's transfer should fail because others could not be told that it started. */
async function announceStart(
  { events, meter, log, clock }: OpenPorts,
  { transferId, source, ingest, owner }: TransferRecord,
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
    ingest,
    bytes: sizeBytes,
  };
  try {
    await events.publish({ type: 'Transfer Started', detail, at: clock.now() });
  } catch (error) {
    if (!isTransferError(error)) throw error;
    log.warn('start not announced', { transferId, error: error.name, reason: error.message });
  }
}

/** Looks at the line are bounded by their time: the count is of tries to open a session. */
function waiting(owned: Owned, waitSeconds: number): Opened {
  return { ...owned, ranges: [], concurrency: 1, next: 'wait', waitSeconds };
}

interface Entered {
  readonly transfer: TransferRecord;
  readonly owned: Owned;
  /** Whether the transfer was just taken, with a session that somebody else may have left. */
  readonly isFirstLook: boolean;
}

async function enter(
  ports: OpenPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Entered | Postponed | { ending: Ending }> {
  if (typeof state === 'object' && state !== null && 'transferId' in state) {
    const owned = readState(ownedSchema, state);
    const transfer = await ownedTransfer(ports, owned, invocation);
    return { transfer: await reopened(ports, transfer), owned, isFirstLook: false };
  }
  const inspected = readState(inspectedSchema, state);
  try {
    const taking = await takeTransfer(ports, inspected, invocation);
    if ('ending' in taking) return taking;
    const owned = firstState(taking.taken, ports.clock.now());
    return { transfer: taking.taken, owned, isFirstLook: true };
  } catch (error) {
    if (!isTransferError(error, 'ThrottledError')) throw error;
    return postpone(inspected, error.retryAfterSeconds);
  }
}

/**
 * A transfer that was settled as failed and whose execution was redriven since is active again. Any
 * other end is final: a late second call of this step would undo it.
 */
async function reopened({ store, clock }: OpenPorts, transfer: TransferRecord) {
  const { transferId, fence, state, outcome } = transfer;
  if (state === 'active') return transfer;
  if (state !== 'failed' || !isSettled(outcome)) throw fencedOut(transferId, transfer.owner);
  const patch = { state: 'active', outcome: undefined, announced: false } as const;
  const held = await store.patchTransfer(transferId, fence, patch, clock.now(), { state });
  if (!held) throw fencedOut(transferId, undefined);
  return { ...transfer, ...patch };
}

function firstState({ transferId, fence, sessionNumber }: TransferRecord, now: number): Owned {
  return {
    transferId,
    fence,
    sessionNumber,
    round: 0,
    planned: 0,
    sessionsOpened: 0,
    polls: 0,
    missing: 0,
    since: now,
  };
}

async function nextOf(
  ports: OpenPorts,
  transfer: TransferRecord,
  owned: Owned,
  found: SessionFound,
): Promise<Opened> {
  const known = { ...owned, sessionNumber: found.number, sessionsOpened: found.sessionsOpened };
  if (found.next === 'wait') return pause(known, found.waitSeconds);
  if (found.next !== 'plan') return proceed(ports, known, [], found.next);
  return plan(ports, transfer, known, found.record);
}

async function plan(
  ports: OpenPorts,
  transfer: TransferRecord,
  owned: Owned,
  { number, session }: UsableSession,
): Promise<Opened> {
  const chunks = await ports.store.chunks(transfer.transferId, number);
  const ranges = planRanges(session.totalChunks, session.chunkSizeBytes, (index) =>
    isProven(chunks.get(index)),
  );
  const planned = owned.planned + ranges.length;
  const round = owned.round + 1;
  refuseEndless(ranges.length, planned, round);
  ports.log.info('upload planned', {
    transferId: transfer.transferId,
    sessionNumber: number,
    chunks: session.totalChunks,
    chunkSizeBytes: session.chunkSizeBytes,
    provenBytes: sumOf(
      chunks
        .values()
        .filter(isProven)
        .map(({ sizeBytes }) => sizeBytes),
    ),
    sizeBytes: transfer.source.sizeBytes,
    ranges: ranges.length,
  });
  return proceed(
    ports,
    { ...owned, round, planned },
    ranges,
    ranges.length === 0 ? 'confirm' : 'send',
  );
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

/** Bounds the history of one execution; what is kept stays, so a new one goes on from there. */
function refuseEndless(ranges: number, planned: number, round: number): void {
  if (ranges > maxRangesPerPlan) {
    throw new TransferError(
      'PlanTooLargeError',
      `${ranges} ranges in one plan; at most ${maxRangesPerPlan} are`,
    );
  }
  if (planned > maxRangesPerExecution || round > maxRoundsPerExecution) {
    throw new TransferError(
      'RoundsExhaustedError',
      `round ${round} with ${planned} ranges planned in all; an execution makes at most ${maxRoundsPerExecution} rounds and ${maxRangesPerExecution} ranges`,
    );
  }
}

function proceed(
  ports: OpenPorts,
  owned: Owned,
  ranges: readonly ChunkRange[],
  next: string,
): Opened {
  const concurrency = concurrencyOf(ports, ranges.length);
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

/** Ranges at once: serial where the service wants order, else within what it and the operator allow. Every turn has the same share of the sends. */
function concurrencyOf({ destination, settings }: OpenPorts, ranges: number): number {
  const { order, maxInFlight } = destination.traits;
  if (order === 'ascending') return 1;
  const bySockets = Math.floor(maxInFlight / Math.min(settings.chunksInFlight, maxInFlight));
  const share = Math.floor(settings.maxSendConcurrency / settings.maxActiveTransfers);
  const most = Math.min(settings.mapConcurrency, maxMapConcurrency, share, bySockets, ranges);
  return Math.max(1, most);
}

function pause(owned: Owned, retryAfterSeconds: number | undefined): Opened {
  return { ...postpone(owned, retryAfterSeconds), ranges: [], concurrency: 1 };
}

function postpone<T extends { readonly polls: number }>(
  state: T,
  retryAfterSeconds: number | undefined,
) {
  const { polls } = state;
  if (polls >= maxOpenPolls) {
    throw new TransferError(
      'ThrottledError',
      `no session after ${polls} tries: the service kept asking us to wait`,
    );
  }
  const waitSeconds = throttledWaitSeconds(polls, retryAfterSeconds);
  return { ...state, polls: polls + 1, next: 'wait' as const, waitSeconds };
}
