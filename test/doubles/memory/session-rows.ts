import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { SessionRecord } from '#src/core/transfer/upload-rows.ts';
import { Rows } from './rows.ts';

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

/** Returns the session methods of the store in memory. */
export function memorySessionRows(
  areCopies = true,
): SessionRows & { readonly rows: Rows<SessionRecord> } {
  const rows = new Rows<SessionRecord>(areCopies ? 'frozen' : 'none');
  const change = changeIn(rows);
  return { rows, ...recordRows(rows, change), ...evidenceRows(rows, change) };
}

type Change = (transferId: string, number: number, changes: Partial<SessionRecord>) => void;

/** Returns a function that changes an existing row. */
function changeIn(rows: Rows<SessionRecord>): Change {
  return (transferId, number, changes) => {
    const record = rows.get(keyOf(transferId, number));
    if (!record) {
      const message = `Unknown session ${number} of transfer ${transferId}: its row must exist.`;
      throw new TransferError('UnexpectedError', message);
    }
    rows.set(keyOf(transferId, number), { ...record, ...changes });
  };
}

function recordRows(rows: Rows<SessionRecord>, change: Change) {
  return {
    session: async (transferId, number) => rows.get(keyOf(transferId, number)),
    sessions: async (transferId) => rows.under(`${transferId}#`).map(([, record]) => record),
    addSession: async (transferId, record) => {
      if (rows.has(keyOf(transferId, record.number))) return false;
      rows.set(keyOf(transferId, record.number), record);
      return true;
    },
    setSession: async (transferId, number, session, rangeCount) => {
      const record = rows.get(keyOf(transferId, number));
      if (record?.session) return record.session.uploadId === session.uploadId;
      if (record?.state !== 'opening') return false;
      change(transferId, number, { session, rangeCount, state: 'open' });
      return true;
    },
    updateSession: async (transferId, number, session) => change(transferId, number, { session }),
    claimFinish: async (transferId, number, finishClaim) => {
      const claim = rows.get(keyOf(transferId, number))?.finishClaim;
      if (claim !== undefined && claim !== finishClaim) return false;
      change(transferId, number, { finishClaim });
      return true;
    },
    releaseFinish: async (transferId, number) =>
      change(transferId, number, { finishClaim: undefined }),
    markSession: async (transferId, number, state) => change(transferId, number, { state }),
  } satisfies Partial<SessionRows>;
}

function evidenceRows(rows: Rows<SessionRecord>, change: Change) {
  return {
    setEtagMode: async (transferId, number, etagMode) => {
      const record = rows.get(keyOf(transferId, number));
      if (record?.etagMode !== 'unknown') return record?.etagMode ?? etagMode;
      change(transferId, number, { etagMode });
      return etagMode;
    },
    recordMismatch: async (transferId, number, chunkIndex) => {
      const before = rows.get(keyOf(transferId, number))?.mismatched ?? [];
      const mismatched = [...new Set([...before, chunkIndex])].sort((a, b) => a - b);
      change(transferId, number, { mismatched });
      return mismatched.length;
    },
    recordReceipt: async (transferId, number, { accepted, complete }) => {
      const { acceptedIndexes = [] } = rows.get(keyOf(transferId, number)) ?? {};
      const all = [...new Set([...acceptedIndexes, ...accepted])].sort((a, b) => a - b);
      change(transferId, number, {
        ...(all.length > 0 && { acceptedIndexes: all }),
        ...(complete && { reportedComplete: true }),
      });
    },
    withdrawReceipts: async (transferId, number, indexes) => {
      if (indexes?.length === 0) return;
      const { acceptedIndexes = [] } = rows.get(keyOf(transferId, number)) ?? {};
      const left = acceptedIndexes.filter((index) => indexes && !indexes.includes(index));
      change(transferId, number, {
        acceptedIndexes: left.length > 0 ? left : undefined,
        reportedComplete: false,
      });
    },
  } satisfies Partial<SessionRows>;
}

/** Returns the padded number: rows sort by key. */
function keyOf(transferId: string, number: number): string {
  return `${transferId}#${String(number).padStart(4, '0')}`;
}
