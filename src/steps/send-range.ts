import { asTransferError, isTransferError, type TransferError } from '#src/core/errors.ts';
import { sendReserveMs } from '#src/core/limits.ts';
import { persist } from './persist.ts';
import { causeOf, countRetry } from './retries.ts';
import { sendChunk } from './send-chunk.ts';
import { measureThroughput, type Sending } from './sending.ts';

/** How sending a range ended, and why where it is not all sent. */
export interface RangeEnd {
  readonly next: 'more' | 'wait' | 'sent' | 'stop';
  readonly waitSeconds: number;
  readonly error?: TransferError | undefined;
}

/**
 * Sends the missing chunks, as many at once as settings and service allow. One chunk's failure
 * cancels no other; an error that no further chunk can escape stops new ones from starting.
 */
export async function sendRange(sending: Sending): Promise<RangeEnd> {
  const { ports, missing, record, invocation } = sending;
  if (missing.length === 0) return { next: 'sent', waitSeconds: 0 };
  const beganAt = ports.clock.now();
  const queue = [...missing];
  const errors: TransferError[] = [];
  const unprepared = await prepare(sending).catch(collect(errors));
  if (unprepared) return counted(sending, endOf(errors, 0));
  const { order, maxInFlight } = ports.destination.traits;
  const lanes =
    order === 'ascending' ? 1 : Math.min(ports.settings.chunksInFlight, maxInFlight, queue.length);
  const pace = { slowestMs: 0 };
  const lane = async () => {
    while (queue.length > 0 && !isFinal(errors, order) && hasTime(sending, pace)) {
      const startedAt = ports.clock.now();
      const index = queue.shift() as number;
      await sendChunk(sending, index).catch(logged(sending, index)).catch(collect(errors));
      pace.slowestMs = Math.max(pace.slowestMs, ports.clock.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  measureThroughput(sending, beganAt);
  ports.log.info('range ended', {
    transferId: sending.transfer.transferId,
    sessionNumber: record.number,
    left: queue.length,
    failed: errors.length,
    leftMs: invocation.deadline - ports.clock.now(),
  });
  return counted(sending, endOf(errors, queue.length));
}

/** A pause that outlasts this call is the state machine's, and a retry all the same. */
function counted(sending: Sending, end: RangeEnd): RangeEnd {
  if (end.next === 'wait' && end.error) countRetry(sending, causeOf(end.error));
  return end;
}

function prepare(sending: Sending): Promise<void> {
  const { ports, record, missing, invocation } = sending;
  return persist(sending, () =>
    ports.destination.prepareChunks(record.session, missing, { signal: invocation.signal }),
  );
}

/** Tells of a chunk that this call gives up; its range's row keeps one error only. */
function logged({ ports, transfer }: Sending, chunkIndex: number) {
  return (error: unknown): never => {
    const { name, message } = asTransferError(error);
    const { transferId } = transfer;
    ports.log.warn('chunk not sent', { transferId, chunkIndex, error: name, reason: message });
    throw error;
  };
}

function collect(errors: TransferError[]) {
  return (error: unknown): true => {
    if (!isTransferError(error)) throw error;
    errors.push(error);
    return true;
  };
}

/** Whether another chunk would only meet the same end; where chunks go in order, any failure is one. */
function isFinal(errors: readonly TransferError[], order: 'any' | 'ascending'): boolean {
  return errors.some(
    ({ name, disposition }) =>
      order === 'ascending' ||
      disposition === 'fail' ||
      name === 'SessionExpiredError' ||
      name === 'ThrottledError',
  );
}

/** A chunk is started only if one as slow as the slowest so far would still end in time. */
function hasTime({ ports, invocation }: Sending, { slowestMs }: { slowestMs: number }): boolean {
  const total = invocation.deadline - ports.clock.now();
  return total > Math.min(sendReserveMs, invocation.lengthMs / 4) && total > slowestMs;
}

/** The gravest error decides: one for good, then a lost session, then a service that asks us to wait. */
function endOf(errors: readonly TransferError[], left: number): RangeEnd {
  const fatal = errors.find(({ disposition }) => disposition === 'fail');
  if (fatal) return { next: 'stop', waitSeconds: 0, error: fatal };
  const expired = errors.find(({ name }) => name === 'SessionExpiredError');
  if (expired) return { next: 'stop', waitSeconds: 0, error: expired };
  const throttled = errors.find(({ name }) => name === 'ThrottledError');
  if (throttled)
    return { next: 'wait', waitSeconds: throttled.retryAfterSeconds ?? 10, error: throttled };
  if (left > 0 && errors.length === 0) return { next: 'more', waitSeconds: 0 };
  return { next: left > 0 ? 'more' : 'sent', waitSeconds: 0, error: errors[0] };
}
