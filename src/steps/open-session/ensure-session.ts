import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { maxSessionsPerExecution } from '#src/core/limits/limits.ts';
import { mediaTypeOf, shapeFilename } from '#src/core/source/source-object.ts';
import type { SessionRequest, UploadSession } from '#src/core/transfer/destination.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import {
  ownershipLostError,
  readOwnedTransfer,
  readUsableSession,
  type UsableSession,
} from '#src/transfer/ownership.ts';
import { countTransferRetry } from '#src/transfer/retry-counts.ts';
import { isProvenComplete } from '#src/transfer/session-receipts.ts';
import type { Owned } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';
import { type WaitAnswer, waitOut } from '#src/transfer/wait-out.ts';

type SessionPorts = Needs<'store' | 'destination'>;

/** The session to go on with, and what to do next with it. */
export type SessionChoice = {
  readonly number: number;
  readonly sessionsOpened: number;
  readonly createsLost: number;
} & (
  | { readonly next: 'plan'; readonly record: UsableSession }
  | { readonly next: 'confirm' }
  | { readonly next: 'wait'; readonly wait: WaitAnswer }
);

/**
 * The transfer's unfinished session if it can still be used, else a new one. Before a session is
 * given up, its status and its asset are asked once more.
 */
export async function ensureSession(
  ports: SessionPorts,
  transfer: TransferRecord,
  owned: Owned,
  isNewOwner: boolean,
  invocation: Invocation,
): Promise<SessionChoice> {
  const { sessionsOpened, createsLost } = owned;
  const known = { number: transfer.sessionNumber, sessionsOpened, createsLost };
  const record = await ports.store.session(transfer.transferId, transfer.sessionNumber);
  if (record?.state === 'opening' && !record.session) {
    await ports.store.markSession(transfer.transferId, record.number, 'lost');
    await countTransferRetry(ports, transfer.transferId, 'CreateReplyLostError');
    const lost = { ...owned, createsLost: createsLost + 1 };
    return newSession(ports, transfer, lost, invocation);
  }
  if (record?.state === 'open' && record.session) {
    const usable = record as UsableSession;
    const stands =
      isNewOwner || owned.next !== 'missing' || isPast(ports, usable)
        ? await standing(ports, transfer.transferId, usable, invocation)
        : 'plan';
    if (stands === 'plan') return { ...known, next: 'plan', record: usable };
    if (stands !== 'gone') return { ...known, next: stands };
    return newSession(ports, transfer, owned, invocation, record.number);
  }
  return newSession(ports, transfer, owned, invocation);
}

function isPast({ clock }: SessionPorts, { session }: UsableSession): boolean {
  return session.expiresAt !== undefined && session.expiresAt <= clock.now();
}

/** What the service says of a session left behind: go on with it, or is it past all use? */
async function standing(
  ports: SessionPorts,
  transferId: string,
  record: UsableSession,
  { signal }: Invocation,
): Promise<'plan' | 'confirm' | 'gone'> {
  const { destination } = ports;
  const { session } = record;
  const asset = session.assetId
    ? await destination.assetStatus(session.assetId, { signal })
    : undefined;
  if (asset?.phase === 'ready') return 'confirm';
  if (destination.traits.sessionCreatedBy === 'first-chunk' && session.uploadId === '') return 'plan';
  const { phase, counts } = await destination.sessionStatus(session, { signal });
  if (phase === 'active' || phase === 'busy') return 'plan';
  const isComplete =
    phase === 'completed' ||
    (phase === 'expired' && (await isProvenComplete(ports, transferId, record, counts)));
  return isComplete && asset?.phase !== 'failed' ? 'confirm' : 'gone';
}

/**
 * Opens the next session. Its row is written before the call, so that one whose answer is lost is
 * attributed and never adopted; its number is the transfer's before the call, so that the row is found.
 */
async function newSession(
  ports: SessionPorts,
  transfer: TransferRecord,
  owned: Owned,
  invocation: Invocation,
  replaces?: number,
): Promise<SessionChoice> {
  const { transferId } = transfer;
  ensureWithinSessions(transferId, owned.sessionsOpened);
  await checkUnfinished(ports, transfer, owned, invocation);
  const number = await reserve(ports, transfer, invocation);
  if (replaces !== undefined) {
    // Only now: a call that was outrun gives up nobody's session.
    await ports.store.markSession(transferId, replaces, 'replaced');
    await countTransferRetry(ports, transferId, 'SessionExpiredError');
  }
  return create(ports, transfer, owned, number, invocation);
}

/**
 * After a create whose reply was lost, the list of unfinished sessions is read first: it creates
 * nothing, so a service that can't answer even that is not asked for another session.
 */
async function checkUnfinished(
  { destination, log }: SessionPorts,
  { transferId, source }: TransferRecord,
  { createsLost }: Owned,
  { signal }: Invocation,
): Promise<void> {
  if (createsLost === 0 || !destination.listUnfinished) return;
  const { sessions, truncated } = await destination.listUnfinished({ signal });
  const sameSize = sessions.filter(({ sizeBytes }) => sizeBytes === source.sizeBytes).length;
  log.warn('opening a session again', { transferId, createsLost, sameSize, truncated });
}

function ensureWithinSessions(transferId: string, sessionsOpened: number): void {
  if (sessionsOpened < maxSessionsPerExecution) return;
  throw new TransferError(
    'SessionsExhaustedError',
    `${sessionsOpened} sessions were opened for transfer ${transferId}; one execution opens at most ${maxSessionsPerExecution}`,
  );
}

async function create(
  ports: SessionPorts,
  transfer: TransferRecord,
  owned: Owned,
  number: number,
  invocation: Invocation,
): Promise<SessionChoice> {
  const { transferId } = transfer;
  const { signal } = invocation;
  let session: UploadSession;
  try {
    session = await ports.destination.openSession(requestOf(ports, transfer), { signal });
  } catch (error) {
    return afterFailedCreate(ports, transferId, number, owned, error);
  }
  if (session.uploadId) await ports.store.recordUpload(session.uploadId, transferId);
  // An answer that can't be written leaves the row opening: the next call takes it for lost.
  const isSet = await ports.store.setSession(transferId, number, session);
  if (!isSet) await readOwnedTransfer(ports, transfer, invocation);
  const record = await readUsableSession(ports, transferId, number);
  const { createsLost } = owned;
  return {
    number,
    sessionsOpened: owned.sessionsOpened + 1,
    createsLost,
    next: 'plan',
    record,
  };
}

/** Calls of this step that may have died, or still hang, between their row and the transfer's. */
const maxConcurrentOpens = 8;

/**
 * Writes the row of the next session and makes its number the transfer's. A row that is there already
 * is another call's, which may yet create its session: it keeps its row, and this one takes the next.
 * Where another call has made its number the transfer's meanwhile, this one creates nothing.
 */
async function reserve(
  { store, clock }: SessionPorts,
  { transferId, fence, sessionNumber }: TransferRecord,
  { executionId, invocationId }: Invocation,
): Promise<number> {
  const now = clock.now();
  const attempt = `${executionId}#${fence}#${invocationId}`;
  const row = {
    attempt,
    openedAt: now,
    state: 'opening',
    etagMode: 'unknown',
    mismatched: [],
  } as const;
  const seen = { state: 'active', sessionNumber } as const;
  for (let number = sessionNumber + 1; number <= sessionNumber + maxConcurrentOpens; number++) {
    if (!(await store.addSession(transferId, { ...row, number }))) {
      const other = await store.session(transferId, number);
      if (other?.attempt !== attempt) continue;
    }
    const patch = { sessionNumber: number };
    if (await store.patchTransfer(transferId, fence, patch, now, seen)) return number;
    await store.markSession(transferId, number, 'refused');
    throw await lostRace(store, transferId, fence);
  }
  throw new TransferError(
    'TableUnavailableError',
    `${maxConcurrentOpens} sessions of transfer ${transferId} are being opened by other calls`,
  );
}

/** Another execution has the transfer, or another call of this one has opened the session: look again. */
async function lostRace(store: TransferStore, transferId: string, fence: number) {
  const now = await store.transfer(transferId);
  if (now?.fence !== fence || now.state !== 'active')
    return ownershipLostError({ store }, { transferId });
  return new TransferError(
    'TableUnavailableError',
    `another call of this step has opened session ${now.sessionNumber} of transfer ${transferId}`,
  );
}

/** A lost reply is marked as such and waited out; any other error says that nothing was created. */
async function afterFailedCreate(
  ports: SessionPorts,
  transferId: string,
  number: number,
  owned: Owned,
  error: unknown,
): Promise<SessionChoice> {
  if (!isTransferError(error)) throw error;
  const isLost = error.name === 'CreateReplyLostError';
  // An answer that makes no sense says all the same that something was created.
  const exists = isLost || error.name === 'ProtocolViolationError';
  await ports.store.markSession(transferId, number, exists ? 'lost' : 'refused');
  if (!isLost) throw error;
  await countTransferRetry(ports, transferId, 'CreateReplyLostError');
  const { sessionsOpened } = owned;
  const createsLost = owned.createsLost + 1;
  const waiter = { transferId, step: 'OpenSession' };
  const wait = waitOut(ports, { ...owned, createsLost }, error, waiter);
  return { number, sessionsOpened, createsLost, next: 'wait', wait };
}

function requestOf(
  { destination }: SessionPorts,
  { source, options }: TransferRecord,
): SessionRequest {
  const mediaType = mediaTypeOf(source.key, source.contentType, source);
  const { maxFilenameLength } = destination.limits(mediaType);
  const { filename, userMetadata, enableHls, enableThumbnail } = options;
  return {
    source,
    mediaType,
    filename: shapeFilename(filename ?? source.key, maxFilenameLength),
    userMetadata,
    enableHls,
    enableThumbnail,
  };
}
