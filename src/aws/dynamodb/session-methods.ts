import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { SessionRecord } from '#src/core/transfer/upload-rows.ts';
import type { Row, RowChange } from './expressions.ts';
import { highest, lastNumber, sessionKey } from './row-keys.ts';
import { readRow } from './row-reading.ts';
import type { TableAccess } from './table-access.ts';

type SessionRows = Pick<
  TransferStore,
  | 'session'
  | 'sessions'
  | 'addSession'
  | 'setSession'
  | 'updateSession'
  | 'markSession'
  | 'setEtagMode'
  | 'claimFinish'
  | 'releaseFinish'
  | 'recordMismatch'
  | 'recordReceipt'
  | 'withdrawReceipts'
>;

const uploadSession = z.object({
  uploadId: z.string(),
  assetId: z.optional(z.string()),
  chunkSizeBytes: z.number(),
  totalChunks: z.number(),
  expiresAt: z.optional(z.number()),
  maxInFlight: z.optional(z.number()),
  md5: z.optional(z.string()),
  details: z.record(z.string(), z.string()),
});

const sessionRow = z.object({
  row: z.string(),
  attemptId: z.string(),
  openedAt: z.number(),
  state: z.enum(['opening', 'open', 'rejected', 'lost', 'replaced']),
  session: z.optional(uploadSession),
  rangeCount: z.optional(z.number()),
  etagMode: z.enum(['unknown', 'md5', 'opaque']),
  mismatched: z.optional(z.set(z.number())),
  acceptedIndexes: z.optional(z.set(z.number())),
  reportedComplete: z.optional(z.boolean()),
  finishClaim: z.optional(z.string()),
});

const mismatchedSet = z.object({ mismatched: z.set(z.number()) });

/** Returns the methods for session rows. */
export function createSessionMethods(table: TableAccess): SessionRows {
  return {
    ...createRecordMethods(table),
    ...createEvidenceMethods(table),
    ...createFinishMethods(table),
  };
}

function createRecordMethods(table: TableAccess) {
  return {
    session: (transferId, number) => read(table, transferId, number),
    sessions: async (transferId) => {
      const [first, last] = [sessionKey(transferId, 0), sessionKey(transferId, highest.session)];
      return (await table.between(transferId, first.row, last.row)).map(recordOf);
    },
    addSession: (transferId, record) =>
      table.write(rowOf(transferId, record), { expression: 'attribute_not_exists(#transferId)' }),
    setSession: async (transferId, number, session, rangeCount) =>
      (await setOnce(table, transferId, number, { session, rangeCount })) ||
      // After a lost reply the SDK writes again: a row that holds this session is a success.
      (await read(table, transferId, number))?.session?.uploadId === session.uploadId,
    updateSession: async (transferId, number, session) => {
      await changeExisting(table, transferId, number, { set: { session } });
    },
    markSession: async (transferId, number, state) => {
      await changeExisting(table, transferId, number, { set: { state } });
    },
  } satisfies Partial<SessionRows>;
}

/** Returns the methods for a session's ETag mode, mismatches and receipts. */
function createEvidenceMethods(table: TableAccess) {
  return {
    setEtagMode: async (transferId, number, mode) => {
      const unset = { expression: '#etagMode = :unknown', values: { ':unknown': 'unknown' } };
      const change = { set: { etagMode: mode }, condition: unset };
      if ((await table.change(sessionKey(transferId, number), change)) !== false) return mode;
      return (await read(table, transferId, number))?.etagMode ?? mode;
    },
    recordMismatch: async (transferId, number, chunkIndex) => {
      const change = {
        add: { mismatched: new Set([chunkIndex]) },
        returning: 'UPDATED_NEW',
      } as const;
      const changed = await changeExisting(table, transferId, number, change);
      return readRow(mismatchedSet, changed).mismatched.size;
    },
    recordReceipt: async (transferId, number, { accepted, complete }) => {
      // DynamoDB stores no empty set.
      const add = accepted.length > 0 && { add: { acceptedIndexes: new Set(accepted) } };
      const set = complete && { set: { reportedComplete: true } };
      if (add || set) await changeExisting(table, transferId, number, { ...set, ...add });
    },
    withdrawReceipts: async (transferId, number, indexes) => {
      if (indexes?.length === 0) return;
      const set = { reportedComplete: false };
      const change = indexes
        ? { set, remove: { acceptedIndexes: new Set(indexes) } }
        : { set: { ...set, acceptedIndexes: undefined } };
      await changeExisting(table, transferId, number, change);
    },
  } satisfies Partial<SessionRows>;
}

function createFinishMethods(table: TableAccess) {
  return {
    claimFinish: async (transferId, number, invocationId) => {
      // After a lost reply the SDK writes again.
      const expression = 'attribute_not_exists(#finishClaim) OR #finishClaim = :claim';
      const condition = { expression, values: { ':claim': invocationId } };
      const set = { finishClaim: invocationId };
      return (await table.change(sessionKey(transferId, number), { set, condition })) !== false;
    },
    releaseFinish: async (transferId, number) => {
      await changeExisting(table, transferId, number, { set: { finishClaim: undefined } });
    },
  } satisfies Partial<SessionRows>;
}

async function read(table: TableAccess, transferId: string, number: number) {
  const row = await table.read(sessionKey(transferId, number));
  return row && recordOf(row);
}

/** Changes an existing row: without the condition, a wrong number would create an incomplete row. */
async function changeExisting(
  table: TableAccess,
  transferId: string,
  number: number,
  change: RowChange,
): Promise<Row> {
  const condition = { expression: 'attribute_exists(#transferId)' };
  const changed = await table.change(sessionKey(transferId, number), { ...change, condition });
  if (changed !== false) return changed;
  const message = `Unknown session ${number} of transfer ${transferId}: its row must exist.`;
  throw new TransferError('UnexpectedError', message);
}

/** Sets the session of an `opening` row only: a row that another call gave up as lost stays lost. */
async function setOnce(
  table: TableAccess,
  transferId: string,
  number: number,
  opened: { readonly session: UploadSession; readonly rangeCount: number },
): Promise<boolean> {
  const changed = await table.change(sessionKey(transferId, number), {
    set: { ...opened, state: 'open' },
    condition: {
      expression: '#state = :opening AND attribute_not_exists(#session)',
      values: { ':opening': 'opening' },
    },
  });
  return changed !== false;
}

function rowOf(
  transferId: string,
  { number, mismatched, acceptedIndexes = [], ...record }: SessionRecord,
) {
  return {
    ...record,
    mismatched: setOf(mismatched),
    acceptedIndexes: setOf(acceptedIndexes),
    ...sessionKey(transferId, number),
  };
}

function recordOf(row: Row): SessionRecord {
  const { row: key, mismatched, acceptedIndexes, ...record } = readRow(sessionRow, row);
  return {
    ...record,
    number: lastNumber(key),
    mismatched: listOf(mismatched),
    ...(acceptedIndexes && { acceptedIndexes: listOf(acceptedIndexes) }),
  };
}

/** Returns undefined for an empty list: DynamoDB stores no empty set. */
function setOf(indexes: readonly number[]): Set<number> | undefined {
  return indexes.length > 0 ? new Set(indexes) : undefined;
}

function listOf(indexes: ReadonlySet<number> = new Set()): number[] {
  return [...indexes].sort((a, b) => a - b);
}
