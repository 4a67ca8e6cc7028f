import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer/upload-rows.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../../doubles/memory/queue-store.ts';
import {
  createMemoryTransferStore,
  type MemoryTransferStore,
} from '../../doubles/memory/transfer-store.ts';
import { dispatcher, reconciler, type Sandbox } from '../harness/sandbox.ts';
import {
  checkCancelled,
  checkTaking,
  checkTicketOf,
  openQueueMemory,
  type QueueMemory,
} from './checked-queue.ts';
import type { ViolationLog } from './violations.ts';

/** The maximum difference between clocks, in ms. A write within it of an end is not a violation. */
const skewMs = 5_000;

/** The rows, and their history that the checks record. */
export interface Tables {
  readonly store: MemoryTransferStore;
  readonly queue: MemoryQueueStore;
  readonly memory: QueueMemory;
  /** The transfer and session number of each upload in the table. */
  readonly uploads: Map<string, { readonly transferId: string; readonly number: number }>;
  /** Retired generations of proofs, by chunk. */
  readonly retired: Set<string>;
  /** Takes and lease renewals of transfers, with owner and time. */
  readonly holds: { readonly at: number; readonly transferId: string; readonly owner: string }[];
  /** When each ready transfer became ready. */
  readonly readySince: Map<string, number>;
  /** Outcomes written to transfer rows, as formatted by `endOf`. */
  readonly ends: Set<string>;
  /** Rows of transfers before their changes, latest last, for lagging indexes. */
  readonly before: { readonly at: number; readonly row: TransferRecord }[];
}

export function openTables(): Tables {
  return {
    store: createMemoryTransferStore(),
    queue: createMemoryQueueStore(),
    memory: openQueueMemory(),
    uploads: new Map(),
    retired: new Set(),
    holds: [],
    readySince: new Map(),
    ends: new Set(),
    before: [],
  };
}

/** Returns the identity of an outcome. */
export function endOf(transferId: unknown, outcome: TransferRecord['outcome']): string {
  const { status, error, assetId } = outcome ?? {};
  return [transferId, status, error, assetId].join(' ');
}

/** Context for checks of writes. */
export interface CheckContext {
  readonly violations: ViolationLog;
  /** The slot limit: the highest of all running deployments. */
  bound(): number;
  executionOf(
    executionId: string,
  ): { readonly input: unknown; readonly startedAt: number } | undefined;
  hasRunFor(executionId: string, ms: number): boolean;
  /** Whether the service stored bytes of that MD5 for a chunk and returned that ETag. */
  wasTaken(uploadId: string, chunk: Pick<ChunkRecord, 'index' | 'md5' | 'proof'>): boolean;
  /** When a call recorded that an upload is complete; undefined if the upload failed since. */
  confirmedAt?(uploadId: string): number | undefined;
}

/**
 * Returns a store for one sandbox that checks every write against the previous row. Calls of the
 * memory store take effect immediately: calls made together see one moment.
 */
export function watchedStore(
  tables: Tables,
  checkContext: CheckContext,
  sandbox: Sandbox,
): TransferStore {
  const { store, uploads, before, retired, ends, holds, readySince } = tables;
  const { violations } = checkContext;
  const remember = (row: TransferRecord | undefined) => row && before.push({ at: Date.now(), row });
  return {
    ...store,
    patchTransfer: async (transferId, fence, patch, now, seen) => {
      const [row, isDone] = await Promise.all([
        store.transfer(transferId),
        store.patchTransfer(transferId, fence, patch, now, seen),
      ]);
      if (isDone) {
        remember(row);
        checkCancelled(tables, checkContext, row, patch);
      }
      if (isDone && patch.state === 'queued')
        await checkTicketOf(tables, checkContext, transferId, 'has no ticket');
      if (isDone && row && patch.leaseUntil)
        holds.push({ at: Date.now(), transferId, owner: row.owner });
      if (isDone && patch.outcome) ends.add(endOf(transferId, patch.outcome));
      if (isDone && patch.state === 'ready' && row?.state !== 'ready')
        readySince.set(transferId, Date.now());
      const isConfirmation = Object.keys(patch).join() === 'outcomePublished';
      const isOfService = [reconciler, dispatcher].includes(sandbox.functionName);
      const isOtherOwner = !isOfService && row?.owner !== sandbox.executionId;
      if (isDone && isOtherOwner && !isConfirmation) {
        violations.report('no write by a fenced-out owner', `${sandbox.name} wrote ${transferId}`);
      }
      return isDone;
    },
    putRejection: async (record) => {
      const end = endOf(record.transferId, record.outcome);
      if (!ends.has(end)) await checkRejection(tables, checkContext, sandbox, record.owner);
      ends.add(end);
      return store.putRejection(record);
    },
    takeTransfer: async (record, seen) => {
      const [row, isDone] = await Promise.all([
        store.transfer(record.transferId),
        store.takeTransfer(record, seen),
      ]);
      if (isDone) {
        remember(row);
        checkCancelled(tables, checkContext, row, record);
      }
      if (isDone && row?.state === 'queued') await checkTaking(tables, checkContext, record, row);
      const { transferId, owner } = record;
      if (isDone) holds.push({ at: Date.now(), transferId, owner });
      const isHeld = row?.state === 'active' && row.leaseUntil > Date.now() + skewMs;
      if (
        isDone &&
        isHeld &&
        row.owner !== record.owner &&
        checkContext.hasRunFor(row.owner, skewMs)
      ) {
        violations.report('one owner at a time', `${record.owner} took ${row.transferId}`);
      }
      return isDone;
    },
    addSession: async (transferId, record) => {
      const isAdded = await store.addSession(transferId, record);
      if (isAdded) await checkNewSession(tables, checkContext, sandbox, transferId);
      return isAdded;
    },
    setSession: async (transferId, number, session, rangeCount) => {
      const isSet = await store.setSession(transferId, number, session, rangeCount);
      if (isSet) uploads.set(session.uploadId, { transferId, number });
      return isSet;
    },
    storeProof: async (transferId, number, proof, seen) => {
      const { index } = proof;
      const [rows, kept, then, session] = await Promise.all([
        store.chunks(transferId, number, index, index),
        store.storeProof(transferId, number, proof, seen),
        store.chunks(transferId, number, index, index),
        store.session(transferId, number),
      ]);
      const [row, after] = [rows.get(index), then.get(index)];
      checkProof(checkContext, session?.session?.uploadId, row, after);
      const earlier = `${transferId} ${number} ${index} ${(after?.generation ?? 1) - 1}`;
      if (after && after.generation > 1 && !retired.has(earlier))
        violations.report('a durable proof changes by retirement only', earlier);
      return kept;
    },
    retireProof: async (transferId, number, index, generation, reason) => {
      retired.add(`${transferId} ${number} ${index} ${generation}`);
      return store.retireProof(transferId, number, index, generation, reason);
    },
    claimRange: async (key, sender, now, until) => {
      const [rows, claim] = await Promise.all([
        store.ranges(key.transferId, key.sessionNumber),
        store.claimRange(key, sender, now, until),
      ]);
      const row = rows.find(({ n }) => n === key.n);
      const isHeld = (row?.claimUntil ?? 0) > Date.now() + skewMs && row?.sender !== sender;
      if (claim.held && isHeld) {
        violations.report(
          'one sender of a range at a time',
          `${sandbox.name} claimed range ${key.n}`,
        );
      }
      return claim;
    },
  };
}

/** Checks that no start reports a failure after another execution made its transfer ready. */
async function checkRejection(
  { store, readySince }: Tables,
  { violations }: CheckContext,
  { beganAt }: Sandbox,
  id: string,
): Promise<void> {
  const noted = (await store.transferOfExecution(id)) ?? '';
  const row = await store.transfer(noted);
  if (row?.state !== 'ready' || row.owner === id) return;
  // A call that began earlier may have read the earlier state.
  if (beganAt > (readySince.get(noted) ?? beganAt))
    violations.report('no failure is reported for a transfer that is ready', `${id}: ${noted}`);
}

/** Checks that no new session opens after a reply declared the latest upload complete. */
async function checkNewSession(
  { store }: Tables,
  { violations, confirmedAt }: CheckContext,
  { beganAt, name }: Sandbox,
  transferId: string,
): Promise<void> {
  const answered = (await store.sessions(transferId)).filter(({ session }) => session);
  const latest = answered.sort((a, b) => a.number - b.number).at(-1)?.session;
  // A call that began earlier may have read the earlier state.
  if (latest && beganAt > (confirmedAt?.(latest.uploadId) ?? beganAt))
    violations.report('a complete upload is not sent again', `${name}: ${latest.uploadId}`);
}

function checkProof(
  { violations, wasTaken }: CheckContext,
  uploadId: string | undefined,
  before: ChunkRecord | undefined,
  after: ChunkRecord | undefined,
): void {
  if (isProven(before) && after?.proof !== before.proof) {
    violations.report('a durable proof changes by retirement only', `chunk ${before.index}`);
  }
  if (isProven(after) && !wasTaken(uploadId ?? '', after)) {
    violations.report('every stored proof is true', `chunk ${after.index} of ${uploadId}`);
  }
}
