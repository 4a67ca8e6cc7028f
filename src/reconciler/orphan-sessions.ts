import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { orphanGraceMs } from '#src/core/limits/limits.ts';
import { identityOf, type ListedSession } from '#src/core/transfer/destination.ts';
import { abortUpload, isGivenUp } from '#src/step-support/abort-upload.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';

/** Orphan sessions in the log of one run. All are counted. */
const maxOrphansLogged = 100;

/**
 * Counts the unfinished sessions at the service without a transfer, and never deletes or adopts one. Aborts
 * those whose transfer was given up: an abort at its end may have failed.
 */
export async function countOrphanSessions(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<SweepCounts> {
  const listed = await listUnfinished(ports, call);
  if (!listed) return {};
  let orphanSessions = 0;
  await workThrough(ports, call, listed, async (session) => {
    if (await isKnown(ports, session, call)) return false;
    if (++orphanSessions <= maxOrphansLogged) logOrphan(ports, session);
    return true;
  });
  ports.meter.add('OrphanSessions', orphanSessions);
  return { orphanSessions };
}

/** Returns undefined if the service cannot list sessions, or is throttled. */
async function listUnfinished(
  { destination, log }: ReconcilerPorts,
  { signal }: ServiceCall,
): Promise<readonly ListedSession[] | undefined> {
  try {
    const listing = await destination.listUnfinished?.({ signal });
    if (listing?.truncated) log.warn('list of unfinished sessions is incomplete');
    return listing?.sessions;
  } catch (error) {
    if (!errorMeans(error, 'throttled')) throw error;
    log.info('orphan sessions not counted: the service is throttled');
    return undefined;
  }
}

/** True if the session has a transfer, or may not be recorded yet. */
async function isKnown(
  ports: ReconcilerPorts,
  { uploadId, createdAt }: ListedSession,
  call: ServiceCall,
): Promise<boolean> {
  const { store, clock } = ports;
  if (createdAt !== undefined && createdAt > clock.now() - orphanGraceMs) return true;
  const transferId = await store.transferOfUpload(uploadId);
  if (transferId !== undefined) await abortIfUnused(ports, transferId, uploadId, call);
  return transferId !== undefined;
}

/** Aborts a session that no execution will continue. */
async function abortIfUnused(
  ports: ReconcilerPorts,
  transferId: string,
  uploadId: string,
  call: ServiceCall,
): Promise<void> {
  const { store, destination } = ports;
  if (!destination.abortSession) return;
  const row = await store.transfer(transferId);
  if (row?.destination !== identityOf(destination, row?.options ?? {})) return;
  const sessions = await store.sessions(transferId);
  const record = sessions.find(({ session }) => session?.uploadId === uploadId);
  if (record && (isGivenUp(row) || record.state === 'replaced'))
    await abortUpload(ports, transferId, record, call);
}

function logOrphan(
  { log }: ReconcilerPorts,
  { uploadId, sizeBytes, createdAt }: ListedSession,
): void {
  const opened = createdAt !== undefined && { openedAt: new Date(createdAt).toISOString() };
  log.warn('orphan session', { uploadId, sizeBytes, ...opened });
}
