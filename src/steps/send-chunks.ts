import { throttledWaitSeconds, wholeWaitSeconds } from '#src/core/backoff.ts';
import { indexesOf } from '#src/core/chunk-plan.ts';
import { asTransferError, TransferError } from '#src/core/errors.ts';
import { maxSendCallsPerRange } from '#src/core/limits.ts';
import { isProven, type RangeFailure } from '#src/core/transfer.ts';
import { ownedTransfer, usableSession } from './ownership.ts';
import { countRetry } from './retries.ts';
import { sendRange } from './send-range.ts';
import type { Sending, SendPorts } from './sending.ts';
import { type RangeState, rangeStateSchema, readState } from './state.ts';
import type { Invocation } from './step.ts';
import { keepTurn, turnLost } from './turns.ts';

/** The item's state after one call: its chunks are sent, or it must be called again, or it is over. */
export type RangeNext = RangeState & {
  readonly next: 'more' | 'wait' | 'sent' | 'stop';
  readonly waitSeconds: number;
};

/**
 * Sends the chunks of one range that have no proof, several in flight, and keeps a proof for each
 * before it counts as sent. Whatever goes wrong is written to the range's row: this step fails only
 * when it can't write. It holds the range for itself until its deadline.
 */
export async function sendChunks(
  ports: SendPorts,
  state: unknown,
  invocation: Invocation,
): Promise<RangeNext> {
  const item = readState(rangeStateSchema, state);
  const key = { transferId: item.transferId, sessionNumber: item.sessionNumber, n: item.range.n };
  const claim = await ports.store.claimRange(
    key,
    invocation.invocationId,
    ports.clock.now(),
    invocation.deadline,
  );
  if (!claim.held) {
    if (item.calls < maxSendCallsPerRange) {
      return after(item, 'wait', (claim.until - ports.clock.now()) / 1000);
    }
    await ports.store.noteRangeFailure(key, failureOf(exhausted(item), item, invocation));
    return after(item, 'stop', 0);
  }
  const retries: Record<string, number> = {};
  if (claim.tookOver) countRetry({ ports, retries }, 'SenderDied');
  const result = await attempt(ports, item, invocation, retries);
  await ports.store.releaseRange(key, invocation.invocationId, result.failure, retries);
  return after(item, result.next, result.waitSeconds);
}

interface SendResult {
  readonly next: RangeNext['next'];
  readonly waitSeconds: number;
  readonly failure: RangeFailure | undefined;
}

async function attempt(
  ports: SendPorts,
  item: RangeState,
  invocation: Invocation,
  retries: Record<string, number>,
): Promise<SendResult> {
  try {
    if (await isOutOfTurn(ports, item)) return { next: 'stop', waitSeconds: 0, failure: undefined };
    const ended = await sendRange(await sendingOf(ports, item, invocation, retries));
    const failure = ended.error && failureOf(ended.error, item, invocation);
    const waitSeconds =
      ended.next === 'wait' ? throttledWaitSeconds(item.calls, ended.waitSeconds) : 0;
    return { next: ended.next, waitSeconds, failure };
  } catch (error) {
    const failure = failureOf(asTransferError(error), item, invocation);
    return { next: 'stop', waitSeconds: 0, failure };
  }
}

/** A service that takes chunks in order can't take this range while the one before it has a gap. */
async function isOutOfTurn(
  { store, destination }: SendPorts,
  { transferId, sessionNumber, range }: RangeState,
): Promise<boolean> {
  if (destination.traits.order === 'any' || range.first === 1) return false;
  const before = range.first - 1;
  const rows = await store.chunks(transferId, sessionNumber, before, before);
  return !isProven(rows.get(before));
}

async function sendingOf(
  ports: SendPorts,
  { transferId, fence, sessionNumber, range, calls }: RangeState,
  invocation: Invocation,
  retries: Record<string, number>,
): Promise<Sending> {
  if (calls >= maxSendCallsPerRange) throw exhausted({ range, calls });
  const transfer = await ownedTransfer(ports, { transferId, fence }, invocation);
  if (!(await keepTurn(ports, transfer))) throw turnLost(transfer);
  const record = await usableSession(ports, transferId, sessionNumber);
  const rows = await ports.store.chunks(transferId, sessionNumber, range.first, range.last);
  const missing = indexesOf(range).filter((index) => !isProven(rows.get(index)));
  return { ports, transfer, record, rows, missing, invocation, retries };
}

function exhausted({ range, calls }: Pick<RangeState, 'range' | 'calls'>): TransferError {
  const message = `range ${range.n} was called ${calls} times in one round`;
  return new TransferError('RoundsExhaustedError', message);
}

/** An error as its range's row keeps it. */
export function failureOf(
  error: TransferError,
  item: RangeState,
  { executionId }: Invocation,
): RangeFailure {
  const { name, disposition, message } = error;
  return { name, disposition, message: message.slice(0, 1000), executionId, round: item.round };
}

function after(item: RangeState, next: RangeNext['next'], waitSeconds: number): RangeNext {
  const { transferId, fence, sessionNumber, round, range, calls } = item;
  return {
    transferId,
    fence,
    sessionNumber,
    round,
    range,
    calls: calls + 1,
    next,
    waitSeconds: wholeWaitSeconds(waitSeconds),
  };
}
