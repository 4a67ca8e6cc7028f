import { errorMeans } from '#src/core/errors/error-meanings.ts';
import type { ListedSession } from '#src/core/transfer/destination.ts';
import { type ServiceCall, workThrough } from '#src/transfer/work-through.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';

/** The call that opened a younger session may not have recorded it yet, in ms. */
const orphanGraceMs = 120_000;

/** Orphan sessions in the log of one run. All are counted. */
const maxOrphansLogged = 100;

/** Counts the unfinished sessions at the service without a transfer. Never deletes or adopts one. */
export async function countOrphanSessions(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<SweepCounts> {
  const listed = await listUnfinished(ports, call);
  if (!listed) return {};
  let orphanSessions = 0;
  await workThrough(ports, call, listed, async (session) => {
    if (!(await isOrphan(ports, session))) return false;
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

async function isOrphan(
  { store, clock }: ReconcilerPorts,
  { uploadId, createdAt }: ListedSession,
): Promise<boolean> {
  if (createdAt !== undefined && createdAt > clock.now() - orphanGraceMs) return false;
  return (await store.transferOfUpload(uploadId)) === undefined;
}

function logOrphan(
  { log }: ReconcilerPorts,
  { uploadId, sizeBytes, createdAt }: ListedSession,
): void {
  const opened = createdAt !== undefined && { openedAt: new Date(createdAt).toISOString() };
  log.warn('orphan session', { uploadId, sizeBytes, ...opened });
}
