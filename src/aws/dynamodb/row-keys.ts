import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import { type Priority, priorities } from '#src/core/queue/queue.ts';

/** Where one row is: partition and sort key, named as in the table's schema. */
export interface RowKey {
  readonly transferId: string;
  readonly row: string;
}

/** A transfer's own row. */
export function transferKey(transferId: string): RowKey {
  return { transferId, row: 'transfer' };
}

/** How often an object version was ingested; its partition is the object's identity. */
export function ingestsKey(objectId: string): RowKey {
  return { transferId: objectId, row: 'ingests' };
}

/** Which transfer an execution works on; its partition is a digest of the execution's ARN. */
export function executionKey(executionId: string): RowKey {
  return { transferId: digestOf('execution', executionId), row: 'execution' };
}

/** Which transfer holds a content; its partition is one of the content's identities. */
export function contentKey(contentId: string): RowKey {
  return { transferId: contentId, row: 'content' };
}

/** Whose session an upload is. */
export function uploadKey(uploadId: string): RowKey {
  return { transferId: digestOf('upload', uploadId), row: 'upload' };
}

/** The one partition of the slots, the queue and the call rates. */
const queueId = 'queue';

export const slotKey = (slot: number): RowKey => ({
  transferId: queueId,
  row: `slot#${padded(slot, 4)}`,
});

/** `ticket#0#000000000001`: live tickets sort before backfill ones. */
export const ticketKey = (priority: Priority, number: number): RowKey => ({
  transferId: queueId,
  row: `ticket#${priorities.indexOf(priority)}#${padded(number, 12)}`,
});

/** The counters of tickets. */
export const ticketCounterKey: RowKey = { transferId: queueId, row: 'tickets' };

/** The pause, while there is one. */
export const pauseKey: RowKey = { transferId: queueId, row: 'pause' };

/** The head of the queue at the dispatcher's last look. */
export const queueHeadKey: RowKey = { transferId: queueId, row: 'head' };

/** How many executions the dispatcher started in the last second in which it started any. */
export const startsKey: RowKey = { transferId: queueId, row: 'starts' };

/** The call rates that all functions share. */
export const ratesKey: RowKey = { transferId: queueId, row: 'rates' };

/** `session#0001`: a session's row. */
export function sessionKey(transferId: string, session: number): RowKey {
  return { transferId, row: `session#${padded(session, 4)}` };
}

/** `chunk#0001#00000001`: a chunk's row in a session. */
export function chunkKey(transferId: string, session: number, index: number): RowKey {
  return { transferId, row: `chunk#${padded(session, 4)}#${padded(index, 8)}` };
}

/** `range#0001#0001`: a range's row in a session. */
export function rangeKey(transferId: string, session: number, n: number): RowKey {
  return { transferId, row: `range#${padded(session, 4)}#${padded(n, 4)}` };
}

/** The highest numbers that keys can hold in order. */
export const highest = {
  session: 9_999,
  chunk: 99_999_999,
  range: 9_999,
  slot: 9_999,
  ticket: 999_999_999_999,
} as const;

/** The number at the end of a row's key: of the session, the chunk or the range. */
export function lastNumber(row: string): number {
  return Number(row.slice(row.lastIndexOf('#') + 1));
}

function digestOf(kind: string, id: string): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, id]))
    .digest('hex')
    .slice(0, 40);
}

/** Keys sort as text, so a number that outgrows its width would be lost to every query. */
function padded(value: number, width: number): string {
  if (!Number.isInteger(value) || value < 0 || value >= 10 ** width) {
    throw new TransferError(
      'UnexpectedError',
      `${value} does not fit a row's key of ${width} digits`,
    );
  }
  return String(value).padStart(width, '0');
}
