import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type Priority, priorities } from '#src/core/queue/queue.ts';

/** The partition key and the sort key of a row, named as in the table's schema. */
export interface RowKey {
  readonly transferId: string;
  readonly row: string;
}

/** The key of a transfer's own row. */
export function transferKey(transferId: string): RowKey {
  return { transferId, row: 'transfer' };
}

/** The key of the counter of an object version's ingests. The partition is the object's identity. */
export function ingestsKey(objectId: string): RowKey {
  return { transferId: objectId, row: 'ingests' };
}

/** The key of the row that names an execution's transfer. The partition is a digest of the execution's ARN. */
export function executionKey(executionId: string): RowKey {
  return { transferId: digestOf('execution', executionId), row: 'execution' };
}

/** The key of the row that names the transfer of a content. The partition is one of the content's identities. */
export function contentKey(contentId: string): RowKey {
  return { transferId: contentId, row: 'content' };
}

/** The key of the row that names an upload's transfer. */
export function uploadKey(uploadId: string): RowKey {
  return { transferId: digestOf('upload', uploadId), row: 'upload' };
}

/** The one partition of the slots, the queue and the call rates. */
const queueId = 'queue';

/** The key of a slot: `slot#0001`. */
export const slotKey = (slot: number): RowKey => ({
  transferId: queueId,
  row: `slot#${padded(slot, 4)}`,
});

/** The key of a ticket: `ticket#0#000000000001`. Live tickets sort before backfill tickets. */
export const ticketKey = (priority: Priority, number: number): RowKey => ({
  transferId: queueId,
  row: `ticket#${priorities.indexOf(priority)}#${padded(number, 12)}`,
});

/** The key of the ticket counters. */
export const ticketCounterKey: RowKey = { transferId: queueId, row: 'tickets' };

/** The key of the pause, a row that exists only during a pause. */
export const pauseKey: RowKey = { transferId: queueId, row: 'pause' };

/** The key of the queue's head at the dispatcher's last check. */
export const queueHeadKey: RowKey = { transferId: queueId, row: 'head' };

/** The key of the number of executions that the dispatcher started in the last second with a start. */
export const startsKey: RowKey = { transferId: queueId, row: 'starts' };

/** The key of the call rates that all functions share. */
export const ratesKey: RowKey = { transferId: queueId, row: 'rates' };

/** The key of the count of calls that all functions have made to an endpoint group in the last slice of time. */
export const callsKey = (group: string): RowKey => ({ transferId: queueId, row: `calls#${group}` });

/** The key of a lease, which one function call holds at a time. */
export const leaseKey = (name: string): RowKey => ({ transferId: 'lease', row: name });

/** The key of the row where the last sweep over ended transfers stopped. */
export const sweepKey: RowKey = { transferId: 'sweep', row: 'position' };

/** The key of a session: `session#0001`. */
export function sessionKey(transferId: string, session: number): RowKey {
  return { transferId, row: `session#${padded(session, 4)}` };
}

/** The key of a chunk of a session: `chunk#0001#00000001`. */
export function chunkKey(transferId: string, session: number, index: number): RowKey {
  return { transferId, row: `chunk#${padded(session, 4)}#${padded(index, 8)}` };
}

/** The key of a range of a session: `range#0001#0001`. */
export function rangeKey(transferId: string, session: number, n: number): RowKey {
  return { transferId, row: `range#${padded(session, 4)}#${padded(n, 4)}` };
}

/** The highest numbers whose keys still sort in order. */
export const highest = {
  session: 9_999,
  chunk: 99_999_999,
  range: 9_999,
  slot: 9_999,
  ticket: 999_999_999_999,
} as const;

/** Returns the number at the end of a row's key: the session's, the chunk's or the range's. */
export function lastNumber(row: string): number {
  return Number(row.slice(row.lastIndexOf('#') + 1));
}

function digestOf(kind: string, id: string): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, id]))
    .digest('hex')
    .slice(0, 40);
}

/** Pads a number to a fixed width. Keys sort as text, so no query would find a wider number. */
function padded(value: number, width: number): string {
  if (!Number.isInteger(value) || value < 0 || value >= 10 ** width) {
    const message = `Invalid number in a row's key: "${value}" must be a whole number of at most ${width} digits.`;
    throw new TransferError('UnexpectedError', message);
  }
  return String(value).padStart(width, '0');
}
