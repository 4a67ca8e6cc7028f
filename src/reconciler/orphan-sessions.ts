import { isTransferError } from '#src/core/errors/errors.ts';
import type { ListedSession } from '#src/core/transfer/destination.ts';
import type { SessionRecord, TransferRecord } from '#src/core/transfer/transfer.ts';
import { transferLogFields } from '#src/transfer/outcome.ts';
import {
  type SweepCounts,
  type ReconcilerPorts,
  type ServiceCall,
  workThrough,
} from './reconciler-ports.ts';
import { listRows } from './stale-transfers.ts';

/** A session younger than this may not be noted yet by the call that opened it, in ms. */
const orphanGraceMs = 120_000;

/** How far the service's time of creation may be from that of the row, either way, in ms. */
const attributionMs = 120_000;

/** Days before today on which a transfer may have lost a session that still lives: they live 24 h. */
const lostDaysBack = 2;

/** Whatever became of the transfer: its session was lost before that. */
const loserStates = ['queued', 'active', 'failed', 'superseded', 'cancelled', 'ready'] as const;

/** Transfers whose sessions are read to find an orphan's. */
const maxLosers = 500;

/** Orphans that are named in the log by one run; all are counted. */
const maxOrphansNamed = 100;

/** A session whose create reply was lost, and the transfer that lost it. */
interface Lost {
  readonly transfer: TransferRecord;
  readonly sizeBytes: number;
  readonly openedAt: number;
}

/**
 * Counts the unfinished sessions at the service that no transfer knows, and says of each whose lost
 * one it may be, by size and time. None is ever deleted or adopted.
 */
export async function countOrphanSessions(ports: ReconcilerPorts, call: ServiceCall): Promise<SweepCounts> {
  const listed = await unfinished(ports, call);
  if (!listed) return {};
  const orphans: ListedSession[] = [];
  await workThrough(ports, call, listed, async (session) => {
    if (!(await isOrphan(ports, session))) return false;
    orphans.push(session);
    return true;
  });
  ports.meter.add('OrphanSessions', orphans.length);
  if (orphans.length > 0) name(ports, orphans, await lostSessions(ports, call, orphans));
  return { orphanSessions: orphans.length };
}

/** Undefined where the service can't list them, or asked us to stay away: then nothing is known. */
async function unfinished(
  { destination, log }: ReconcilerPorts,
  { signal }: ServiceCall,
): Promise<readonly ListedSession[] | undefined> {
  try {
    const listing = await destination.listUnfinished?.({ signal });
    if (listing?.truncated) log.warn('not all unfinished sessions were listed');
    return listing?.sessions;
  } catch (error) {
    if (!isTransferError(error, 'ThrottledError')) throw error;
    log.info('orphans not counted, the service is busy');
    return undefined;
  }
}

async function isOrphan(
  { store, clock }: ReconcilerPorts,
  { uploadId, createdAt }: ListedSession,
): Promise<boolean> {
  if (createdAt !== undefined && createdAt > clock.now() - orphanGraceMs) return false;
  return (await store.transferOfUpload(uploadId)) === undefined;
}

/** Attempts without an answer, of the transfers of an orphan's size and time. */
async function lostSessions(
  ports: ReconcilerPorts,
  call: ServiceCall,
  orphans: readonly ListedSession[],
): Promise<Lost[]> {
  const rows = await listRows(ports, call, loserStates, lostDaysBack);
  const losers = rows.filter((row) => orphans.some((orphan) => mayHaveLost(row, orphan)));
  losers.sort((a, b) => lossesOf(b) - lossesOf(a));
  if (losers.length > maxLosers)
    ports.log.warn('not all transfers were asked about an orphan', { transfers: losers.length });
  const lost: Lost[] = [];
  await workThrough(ports, call, losers.slice(0, maxLosers), async (row) => {
    const sessions = await ports.store.sessions(row.transferId);
    lost.push(...sessions.filter(isUnanswered).map(lostBy(row)));
    return true;
  });
  return lost;
}

/** By its size, and by the time between its start and its last change. */
function mayHaveLost(
  { source, createdAt, changedAt }: TransferRecord,
  { sizeBytes, createdAt: at = Number.NaN }: ListedSession,
): boolean {
  if (source.sizeBytes !== sizeBytes) return false;
  return createdAt - attributionMs <= at && at <= changedAt + attributionMs;
}

/** Those that have counted a lost reply are asked first. */
function lossesOf({ retries }: TransferRecord): number {
  return retries.CreateReplyLostError ?? 0;
}

/** Also one that is still called opening: its process died, and nobody has gone on since. */
function isUnanswered({ session, state }: SessionRecord): boolean {
  return session === undefined && state !== 'refused';
}

function lostBy(transfer: TransferRecord): (session: SessionRecord) => Lost {
  return ({ openedAt }) => ({ transfer, sizeBytes: transfer.source.sizeBytes, openedAt });
}

/** Each lost session explains one orphan at most. */
function name(
  { log }: ReconcilerPorts,
  orphans: readonly ListedSession[],
  lost: readonly Lost[],
): void {
  const left = new Set(lost);
  for (const orphan of orphans.slice(0, maxOrphansNamed)) {
    const loser = [...left].filter((one) => isLike(one, orphan)).sort(byDistance(orphan))[0];
    if (loser) left.delete(loser);
    const { uploadId, sizeBytes } = orphan;
    log.warn('orphan session', {
      uploadId,
      sizeBytes,
      attributedTo: loser?.transfer.transferId ?? 'none',
      ...(loser && transferLogFields(loser.transfer)),
    });
  }
}

function isLike(lost: Lost, orphan: ListedSession): boolean {
  return lost.sizeBytes === orphan.sizeBytes && distance(lost, orphan) <= attributionMs;
}

function distance({ openedAt }: Lost, { createdAt }: ListedSession): number {
  return Math.abs((createdAt ?? Number.POSITIVE_INFINITY) - openedAt);
}

function byDistance(orphan: ListedSession): (a: Lost, b: Lost) => number {
  return (a, b) => distance(a, orphan) - distance(b, orphan);
}
