import { type ChunkRecord, isProven, type TransferRecord } from '#src/core/transfer/transfer.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../doubles/memory/queue-store.ts';
import {
  createMemoryTransferStore,
  type MemoryTransferStore,
} from '../doubles/memory/transfer-store.ts';
import {
  judgeCancelled,
  judgeTaking,
  judgeTicketOf,
  openQueueMemory,
  type QueueMemory,
} from './queue/judge-queue.ts';
import { dispatcher, reconciler, type Sandbox } from './sandbox.ts';
import type { Judge } from './violations.ts';

/** Clocks differ by this much at most: what is done within it of an end is nobody's fault, in ms. */
const skewMs = 5_000;

/** The rows, and what is remembered of them for those who watch. */
export interface Tables {
  readonly store: MemoryTransferStore;
  readonly queue: MemoryQueueStore;
  readonly memory: QueueMemory;
  /** Whose session an upload is, once its row says so. */
  readonly uploads: Map<string, { readonly transferId: string; readonly number: number }>;
  /** Generations of proofs that were retired, by chunk. */
  readonly retired: Set<string>;
  /** Who took which transfer or renewed its lease, and when. */
  readonly holds: { readonly at: number; readonly transferId: string; readonly owner: string }[];
  /** When each transfer that is ready became so. */
  readonly readySince: Map<string, number>;
  /** Ends that were written into a transfer's row, as `endOf` names them. */
  readonly ends: Set<string>;
  /** Rows of transfers before their last changes, latest last, for indexes that are behind. */
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

/** One end of a transfer, by what it is told with. */
export function endOf(transferId: unknown, outcome: TransferRecord['outcome']): string {
  const { status, error, assetId } = outcome ?? {};
  return [transferId, status, error, assetId].join(' ');
}

/** What else must be known to judge a write. */
export interface Witness {
  readonly judge: Judge;
  /** How many slots there may be: of the deployments that still run, the most. */
  bound(): number;
  executionOf(
    executionId: string,
  ): { readonly input: unknown; readonly startedAt: number } | undefined;
  hasRunFor(executionId: string, ms: number): boolean;
  /** Whether the service took bytes of that MD5 for a chunk and answered that ETag. */
  wasTaken(uploadId: string, chunk: Pick<ChunkRecord, 'index' | 'md5' | 'proof'>): boolean;
  /** When a call had recorded that an upload is complete; undefined where it has failed since. */
  confirmedAt?(uploadId: string): number | undefined;
}

/**
 * The store as one sandbox sees it, every write judged by what was there just before it: calls of
 * the store in memory take effect at once, so that what is asked together is one moment.
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
        await judgeTicketOf(tables, witness, transferId, 'it has none');
      if (isDone && row && patch.leaseUntil)
        holds.push({ at: Date.now(), transferId, owner: row.owner });
      if (isDone && patch.outcome) ends.add(endOf(transferId, patch.outcome));
      if (isDone && patch.state === 'ready' && row?.state !== 'ready')
        readySince.set(transferId, Date.now());
      const isConfirmation = Object.keys(patch).join() === 'outcomePublished';
      const isOfService = [reconciler, dispatcher].includes(by.functionName);
      const isStranger = !isOfService && row?.owner !== by.executionId;
      if (isDone && isStranger && !isConfirmation) {
        judge.broken('no write by one that was fenced out', `${by.name} wrote ${transferId}`);
      }
      return isDone;
    },
    putRejection: async (record) => {
      const end = endOf(record.transferId, record.outcome);
      if (!ends.has(end)) await judgeRefusal(tables, witness, by, record.owner);
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
    keepProof: async (transferId, number, proof, seen) => {
      const { index } = proof;
      const [rows, kept, then, session] = await Promise.all([
        store.chunks(transferId, number, index, index),
        store.keepProof(transferId, number, proof, seen),
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

/** A start that lost its transfer to another which made it ready has nothing to tell of its own. */
async function judgeRefusal(
  { store, readySince }: Tables,
  { judge }: Witness,
  { beganAt }: Sandbox,
  id: string,
): Promise<void> {
  const noted = (await store.transferOfExecution(id)) ?? '';
  const row = await store.transfer(noted);
  if (row?.state !== 'ready' || row.owner === id) return;
  // A call that began before then may have looked before then.
  if (beganAt > (readySince.get(noted) ?? beganAt))
    judge.broken('no failure is told of what another made ready', `${id}: ${noted}`);
}

/** Where a report's reply called the latest upload complete, nothing is sent a second time. */
async function judgeNewSession(
  { store }: Tables,
  { judge, confirmedAt }: Witness,
  { beganAt, name }: Sandbox,
  transferId: string,
): Promise<void> {
  const answered = (await store.sessions(transferId)).filter(({ session }) => session);
  const latest = answered.sort((a, b) => a.number - b.number).at(-1)?.session;
  // A call that began before then may have looked before then.
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
