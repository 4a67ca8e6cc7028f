import { type ChunkRecord, isProven, type TransferRecord } from '#src/core/transfer/transfer.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../../doubles/memory/queue-store.ts';
import {
  createMemoryTransferStore,
  type MemoryTransferStore,
} from '../../doubles/memory/transfer-store.ts';
import {
  judgeCancelled,
  judgeTaking,
  judgeTicketOf,
  openQueueMemory,
  type QueueMemory,
} from './checked-queue.ts';
import { dispatcher, reconciler, type Sandbox } from '../../harness/sandbox.ts';
import type { Judge } from './violations.ts';

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
  readonly judge: Judge;
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
export function watchedStore(tables: Tables, witness: Witness, by: Sandbox): TransferStore {
  const { store, uploads, before, retired, ends, holds, readySince } = tables;
  const { judge } = witness;
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
        judgeCancelled(tables, witness, row, patch);
      }
      if (isDone && patch.state === 'queued')
        await judgeTicketOf(tables, witness, transferId, 'has no ticket');
      if (isDone && row && patch.leaseUntil)
        holds.push({ at: Date.now(), transferId, owner: row.owner });
      if (isDone && patch.outcome) ends.add(endOf(transferId, patch.outcome));
      if (isDone && patch.state === 'ready' && row?.state !== 'ready')
        readySince.set(transferId, Date.now());
      const isConfirmation = Object.keys(patch).join() === 'outcomePublished';
      const isOfService = [reconciler, dispatcher].includes(by.functionName);
      const isOtherOwner = !isOfService && row?.owner !== by.executionId;
      if (isDone && isOtherOwner && !isConfirmation) {
        judge.broken('no write by one that was fenced out', `${by.name} wrote ${transferId}`);
      }
      return isDone;
    },
    putRejection: async (record) => {
      const end = endOf(record.transferId, record.outcome);
      if (!ends.has(end)) await checkRejection(tables, witness, by, record.owner);
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
        judgeCancelled(tables, witness, row, record);
      }
      if (isDone && row?.state === 'queued') await judgeTaking(tables, witness, record, row);
      const { transferId, owner } = record;
      if (isDone) holds.push({ at: Date.now(), transferId, owner });
      const isHeld = row?.state === 'active' && row.leaseUntil > Date.now() + skewMs;
      if (isDone && isHeld && row.owner !== record.owner && witness.hasRunFor(row.owner, skewMs)) {
        judge.broken('one owner at a time', `${record.owner} took ${row.transferId}`);
      }
      return isDone;
    },
    addSession: async (transferId, record) => {
      const isAdded = await store.addSession(transferId, record);
      if (isAdded) await judgeNewSession(tables, witness, by, transferId);
      return isAdded;
    },
    setSession: async (transferId, number, session) => {
      const isSet = await store.setSession(transferId, number, session);
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
      judgeProof(witness, session?.session?.uploadId, row, after);
      const earlier = `${transferId} ${number} ${index} ${(after?.generation ?? 1) - 1}`;
      if (after && after.generation > 1 && !retired.has(earlier))
        judge.broken('a durable proof changes by retirement only', earlier);
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
        judge.broken('one sender of a range at a time', `${by.name} claimed range ${key.n}`);
      }
      return claim;
    },
  };
}

/** Checks that no start reports a failure after another execution made its transfer ready. */
async function checkRejection(
  { store, readySince }: Tables,
  { judge }: Witness,
  { beganAt }: Sandbox,
  id: string,
): Promise<void> {
  const noted = (await store.transferOfExecution(id)) ?? '';
  const row = await store.transfer(noted);
  if (row?.state !== 'ready' || row.owner === id) return;
  // A call that began earlier may have read the earlier state.
  if (beganAt > (readySince.get(noted) ?? beganAt))
    judge.broken('no failure is told of what another made ready', `${id}: ${noted}`);
}

/** Checks that no new session opens after a reply declared the latest upload complete. */
async function judgeNewSession(
  { store }: Tables,
  { judge, confirmedAt }: Witness,
  { beganAt, name }: Sandbox,
  transferId: string,
): Promise<void> {
  const answered = (await store.sessions(transferId)).filter(({ session }) => session);
  const latest = answered.sort((a, b) => a.number - b.number).at(-1)?.session;
  // A call that began earlier may have read the earlier state.
  if (latest && beganAt > (confirmedAt?.(latest.uploadId) ?? beganAt))
    judge.broken('nothing is sent again for a status call', `${name}: ${latest.uploadId}`);
}

function judgeProof(
  { judge, wasTaken }: Witness,
  uploadId: string | undefined,
  before: ChunkRecord | undefined,
  after: ChunkRecord | undefined,
): void {
  if (isProven(before) && after?.proof !== before.proof) {
    judge.broken('a durable proof changes by retirement only', `chunk ${before.index}`);
  }
  if (isProven(after) && !wasTaken(uploadId ?? '', after)) {
    judge.broken('every kept proof is true', `chunk ${after.index} of ${uploadId}`);
  }
}
