/*
 * The upload protocol, in order. Other files refer to this comment.
 *
 * 1. Open. OpenSession writes the session's row, creates the upload session at the service, and plans
 *    ranges of chunks that have no proof: as many as are sent at once.
 * 2. Send. SendChunks claims a range. It fetches the URLs page by page. For each chunk it reads the bytes
 *    from S3 under the pinned ETag, streams them to the upload host, and compares the ETag in the reply
 *    with the MD5 of the bytes. That ETag is the chunk's proof.
 * 3. Store. SendChunks writes the proof to the chunk's row. Only then does the chunk count as sent. The
 *    write is conditional: the first proof of a generation wins.
 * 4. Report. SendChunks reports stored proofs to the service in batches, while it sends further chunks,
 *    and records what each reply accepted. A proof without such a receipt is reported again. A repeated
 *    report is harmless: the service counts it as a duplicate.
 * 5. Confirm. ConfirmUpload compares the counts of the service with the rows. A pending chunk is
 *    reported again. A failed chunk, or a chunk that stays pending, loses its proof: its generation is
 *    retired, and the next plan sends it again.
 * 6. Complete. Once the service has every chunk, ConfirmUpload records that and releases the slot. It then
 *    compares the checksum of the chunks with the checksum of the object. AwaitAsset waits for the asset.
 *
 * Each step reads the rows at its start. A crash at any point therefore costs at most the chunks in
 * flight. Another execution continues from the rows after it has taken the transfer with a higher fence.
 */

import { ensureAdmitted } from '#src/admission/admission.ts';
import { renewSlot, slotLostError } from '#src/admission/slots.ts';
import { wholeWaitSeconds } from '#src/core/errors/backoff.ts';
import { asTransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { SendChunksAnswer } from '#src/core/shared-with-infra/next-answers.ts';
import { indexesOf } from '#src/core/transfer/chunk-plan.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import { maxChunksPerRange } from '#src/core/transfer/in-flight.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { isProven, provenCount } from '#src/core/transfer/upload-rows.ts';
import { readOwnedTransfer, readUsableSession } from '#src/step-support/ownership.ts';
import { rangeFailureOf } from '#src/step-support/range-failure.ts';
import { countRetry } from '#src/step-support/retry-counts.ts';
import { type RangeState, rangeStateSchema, readState } from '#src/step-support/state.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { type CallDecision, decideNextCall, type StateChange } from './decide-next-call.ts';
import type { SendContext, SendPorts } from './send-context.ts';
import { claimEndFrom, sendRange } from './send-range.ts';
import { WholeDigest } from './whole-digest.ts';

/**
 * The range after one call. `more` and `wait`: call again. `sent`: every chunk has a proof. `stop`: the
 * next plan contains the missing chunks.
 */
export type SendChunksResult = RangeState['range'] & {
  readonly next: SendChunksAnswer;
  readonly waitSeconds: number;
  /** The end of the wait, in milliseconds since 1970. */
  readonly until: number;
};

/**
 * Sends the chunks of one range that have no proof, several in flight, and reports their proofs. Claims
 * the range until the deadline. Writes every error to the range's row, and throws only if that write
 * fails.
 */
export async function sendChunks(
  ports: SendPorts,
  state: unknown,
  invocation: Invocation,
): Promise<SendChunksResult> {
  const item = readState(rangeStateSchema, state);
  const { store, clock } = ports;
  const answer = (change: StateChange) => rangeAfter(item, change, clock.now());
  if (!mayCall(ports, item)) return answer({ next: 'stop' });
  const key = { transferId: item.transferId, sessionNumber: item.sessionNumber, n: item.range.n };
  const { invocationId } = invocation;
  const now = clock.now();
  const claim = await store.claimRange(key, invocationId, now, claimEndFrom(now, invocation));
  if (!claim.held) return answer(waitUntil(claim.until, now));
  const retries: Record<string, number> = {};
  if (claim.tookOver) countRetry({ ports, retries }, 'SenderDied');
  const { change, failure, haltsRound } = await runCall(ports, item, invocation, retries);
  await store.releaseRange(key, invocationId, failure, retries);
  if (haltsRound) await haltRound(ports, item, invocation);
  return answer(change);
}

/** False if the range has had all its calls, or its execution all its time: the next plan decides how to go on. */
function mayCall({ clock }: SendPorts, { range }: RangeState): boolean {
  const { calls, maxCalls = boundOf('callsPerRange'), sendUntil } = range;
  const isInTime = sendUntil === undefined || clock.now() < sendUntil;
  return isInTime && calls < Math.min(maxCalls, boundOf('callsPerRange'));
}

function waitUntil(until: number, now: number): StateChange {
  return { next: 'wait', waitSeconds: wholeWaitSeconds((until - now) / 1000) };
}

/** Stops the other ranges of this round: each checks `haltedRound` before it sends. */
async function haltRound(
  { store, clock }: SendPorts,
  { transferId, fence, round }: RangeState,
  { executionId }: Invocation,
): Promise<void> {
  const haltedRound = roundId(executionId, round);
  await store.patchTransfer(transferId, fence, { haltedRound }, clock.now());
}

function roundId(executionId: string, round: number): string {
  return `${executionId}#${round}`;
}

async function runCall(
  ports: SendPorts,
  item: RangeState,
  invocation: Invocation,
  retries: Record<string, number>,
): Promise<CallDecision> {
  try {
    if (await isBlockedByGap(ports, item)) return { change: { next: 'stop' } };
    const context = await createSendContext(ports, item, invocation, retries);
    if (context.transfer.haltedRound === context.roundId) return { change: { next: 'stop' } };
    const result = await sendRange(context);
    if (context.lostUntil !== undefined)
      return { change: waitUntil(context.lostUntil, ports.clock.now()) };
    const decision = decideNextCall(context, item, result);
    if (!decision.isIdle) return decision;
    return { ...decision, haltsRound: !(await hasProgressed(ports, item)) };
  } catch (error) {
    const now = ports.clock.now();
    const failure = rangeFailureOf(asTransferError(error), item, invocation, now);
    return { change: { next: 'stop' }, failure };
  }
}

/** True if any range has stored a chunk since the plan. One idle range then proves nothing about others. */
async function hasProgressed(
  { store }: SendPorts,
  { transferId, sessionNumber, proven }: RangeState,
): Promise<boolean> {
  const rows = await store.chunks(transferId, sessionNumber);
  return provenCount(rows) > proven;
}

/** True if the service takes chunks in ascending order and the chunk before this range has no proof. */
async function isBlockedByGap(
  { store, destination }: SendPorts,
  { transferId, sessionNumber, range }: RangeState,
): Promise<boolean> {
  if (destination.traits.order === 'any' || range.first === 1) return false;
  const before = range.first - 1;
  const rows = await store.chunks(transferId, sessionNumber, before, before);
  return !isProven(rows.get(before));
}

/**
 * Reads everything that the call needs to send.
 * @throws FencedOutError, TransferCancelledError, SlotLostError, SessionExpiredError
 */
async function createSendContext(
  ports: SendPorts,
  item: RangeState,
  invocation: Invocation,
  retries: Record<string, number>,
): Promise<SendContext> {
  const { transferId, fence, sessionNumber, round, range } = item;
  const transfer = await readOwnedTransfer(ports, { transferId, fence }, invocation);
  if (!(await renewSlot(ports, transfer))) throw slotLostError(transfer);
  await ensureAdmitted(ports);
  const record = await readUsableSession(ports, transferId, sessionNumber);
  const rows = await ports.store.chunks(transferId, sessionNumber, range.first, range.last);
  const missing = indexesOf(range).filter((index) => !isProven(rows.get(index)));
  const now = ports.clock.now();
  return {
    ...{ ports, transfer, record, rows, missing, invocation, retries },
    wholeDigest: needsWholeDigest(ports, transfer) ? new WholeDigest() : undefined,
    rangeKey: { transferId, sessionNumber, n: range.n },
    claimedUntil: claimEndFrom(now, invocation),
    roundId: roundId(invocation.executionId, round),
    chunkConcurrency: chunkConcurrencyOf(ports, item, record.session),
    rejectedSince: range.rejectedSince,
    ownedAt: now,
  };
}

/** Returns how many chunks of the range may be in flight: all ranges together keep within the service's limit. */
function chunkConcurrencyOf(
  { destination, settings }: SendPorts,
  { range, rangesAtOnce }: RangeState,
  session: UploadSession,
): number {
  const share = maxChunksPerRange(destination.traits, session, rangesAtOnce);
  return Math.min(range.chunkConcurrency ?? settings.chunksInFlight, share);
}

function needsWholeDigest({ destination }: SendPorts, { source }: TransferRecord): boolean {
  return destination.traits.wholeDigest === 'md5' && source.md5 === undefined;
}

function rangeAfter({ range }: RangeState, change: StateChange, now: number): SendChunksResult {
  const { calls, rejectedSince: _, ...kept } = range;
  const { waitSeconds = 0 } = change;
  const until = Math.ceil(now + waitSeconds * 1000);
  return { ...kept, calls: calls + 1, ...change, waitSeconds, until };
}
