import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { maxSessionsPerExecution } from '#src/core/limits/limits.ts';
import { shapeFilename } from '#src/core/source/source-object.ts';
import type { SessionRequest, UploadSession } from '#src/core/transfer/destination.ts';
import { destinationOptionsOf } from '#src/core/transfer/transfer-options.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { abortUpload } from '#src/step-support/abort-upload.ts';
import { assertFinishUnclaimed } from '#src/step-support/finish-claim.ts';
import {
  ownershipLostError,
  readOwnedTransfer,
  readUsableSession,
  type UsableSession,
} from '#src/step-support/ownership.ts';
import { countTransferRetry } from '#src/step-support/retry-counts.ts';
import { isProvenComplete } from '#src/step-support/session-completeness.ts';
import type { Owned } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { type WaitAnswer, waitOut } from '#src/step-support/wait-out.ts';
import { countRangesOf } from './ranges-at-once.ts';

type SessionPorts = Needs<'store' | 'destination' | 'settings'>;

/** The session to use, and what to do next. */
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
 * Returns the transfer's unfinished session if it is still usable, otherwise a new one. Checks the
 * status and the asset of a session before it gives the session up.
 * @throws SessionsExhaustedError, FencedOutError, TransferCancelledError
 * @throws CompletionUnknownError - an earlier call requested the completion of the session
 */
export async function ensureSession(
  ports: SessionPorts,
  transfer: TransferRecord,
  owned: Owned,
  isNewOwner: boolean,
  invocation: Invocation,
): Promise<SessionChoice> {
  const { transferId, sessionNumber } = transfer;
  const record = await ports.store.session(transferId, sessionNumber);
  if (record?.state === 'opening' && !record.session)
    return replaceLostSession(ports, transfer, owned, invocation);
  if (record?.state !== 'open' || !record.session)
    return openNextSession(ports, transfer, owned, invocation);
  const usable = record as UsableSession;
  assertFinishUnclaimed(usable);
  const mustCheck = isNewOwner || owned.next !== 'missing' || hasExpired(ports, usable);
  const health = mustCheck ? await sessionHealth(ports, transferId, usable, invocation) : 'plan';
  if (health === 'gone') return openNextSession(ports, transfer, owned, invocation, usable);
  const { sessionsOpened, createsLost } = owned;
  const common = { number: sessionNumber, sessionsOpened, createsLost };
  return health === 'plan'
    ? { ...common, next: 'plan', record: usable }
    : { ...common, next: 'confirm' };
}

/** Opens another session after a call that ended before it stored the reply to its create request. */
async function replaceLostSession(
  ports: SessionPorts,
  transfer: TransferRecord,
  owned: Owned,
  invocation: Invocation,
): Promise<SessionChoice> {
  const { transferId, sessionNumber } = transfer;
  await ports.store.markSession(transferId, sessionNumber, 'lost');
  await countTransferRetry(ports, transferId, 'CreateReplyLostError');
  const createsLost = owned.createsLost + 1;
  return openNextSession(ports, transfer, { ...owned, createsLost }, invocation);
}

function hasExpired({ clock }: SessionPorts, { session }: UsableSession): boolean {
  return session.expiresAt !== undefined && session.expiresAt <= clock.now();
}

/** Checks a session at the service. `plan`: usable. `confirm`: complete. `gone`: lost. */
async function sessionHealth(
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
  if (destination.traits.sessionCreatedBy === 'first-chunk' && session.uploadId === '')
    return 'plan';
  const { phase, counts } = await destination.sessionStatus(session, { signal });
  if (phase === 'active' || phase === 'busy') return 'plan';
  const isComplete =
    phase === 'completed' ||
    (phase === 'expired' && (await isProvenComplete(ports, transferId, record, counts)));
  return isComplete && asset?.phase !== 'failed' ? 'confirm' : 'gone';
}

/**
 * Opens the next session. Its row and the transfer's session number are written before the request, so
 * a session whose reply is lost has a row. Such a session is never used.
 */
async function openNextSession(
  ports: SessionPorts,
  transfer: TransferRecord,
  owned: Owned,
  invocation: Invocation,
  replaces?: UsableSession,
): Promise<SessionChoice> {
  const { transferId } = transfer;
  ensureWithinSessions(transferId, owned.sessionsOpened);
  await checkUnfinished(ports, transfer, owned, invocation);
  const number = await reserveSessionNumber(ports, transfer, invocation);
  if (replaces !== undefined) {
    // Only after the reservation: a call that lost the race must not give up a session in use.
    await ports.store.markSession(transferId, replaces.number, 'replaced');
    await abortUpload(ports, transferId, replaces, invocation);
    await countTransferRetry(ports, transferId, 'SessionExpiredError');
  }
  return createSession(ports, transfer, owned, number, invocation);
}

/**
 * Lists the unfinished sessions after a create request whose reply was lost. The list creates nothing:
 * if the service cannot answer it, this call requests no further session.
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
    `this execution opened ${sessionsOpened} sessions for transfer ${transferId}, but at most ${maxSessionsPerExecution} are allowed`,
  );
}

async function createSession(
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
    session = await ports.destination.openSession(sessionRequestOf(ports, transfer), { signal });
  } catch (error) {
    return afterFailedCreate(ports, transferId, number, owned, error);
  }
  if (session.uploadId) await ports.store.recordUpload(session.uploadId, transferId);
  // If this write fails, the row stays `opening`, and the next call treats the session as lost.
  const rangeCount = countRangesOf(ports, session);
  const isSet = await ports.store.setSession(transferId, number, session, rangeCount);
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

/** Calls of this step that can have stopped, or still hang, between the two writes of a reservation. */
const maxConcurrentOpens = 8;

/**
 * Writes the row of the next session, then makes its number the transfer's session. If the row exists,
 * another call may still create that session: leaves it and uses the next number.
 * @throws FencedOutError, TransferCancelledError - this execution lost the transfer
 * @throws RowContendedError - another call opened a session first, or too many calls hang
 */
async function reserveSessionNumber(
  { store, clock }: SessionPorts,
  { transferId, fence, sessionNumber }: TransferRecord,
  { executionId, invocationId }: Invocation,
): Promise<number> {
  const now = clock.now();
  const attemptId = `${executionId}#${fence}#${invocationId}`;
  const row = newSessionRow(attemptId, now);
  const seen = { state: 'active', sessionNumber } as const;
  for (let number = sessionNumber + 1; number <= sessionNumber + maxConcurrentOpens; number++) {
    if (!(await store.addSession(transferId, { ...row, number }))) {
      const other = await store.session(transferId, number);
      if (other?.attemptId !== attemptId) continue;
    }
    const patch = { sessionNumber: number };
    if (await store.patchTransfer(transferId, fence, patch, now, seen)) return number;
    await store.markSession(transferId, number, 'rejected');
    throw await lostRaceError(store, transferId, fence);
  }
  throw new TransferError(
    'RowContendedError',
    `other calls are opening ${maxConcurrentOpens} sessions of transfer ${transferId}`,
  );
}

function newSessionRow(attemptId: string, openedAt: number) {
  return { attemptId, openedAt, state: 'opening', etagMode: 'unknown', mismatched: [] } as const;
}

/** Returns the error of a lost reservation: another execution owns the transfer, or another call was first. */
async function lostRaceError(store: TransferStore, transferId: string, fence: number) {
  const now = await store.transfer(transferId);
  if (now?.fence !== fence || now.state !== 'active')
    return ownershipLostError({ store }, { transferId });
  return new TransferError(
    'RowContendedError',
    `another call of this step opened session ${now.sessionNumber} of transfer ${transferId}`,
  );
}

/** Marks the session after a failed create request. Waits out a lost reply, and throws any other error. */
async function afterFailedCreate(
  ports: SessionPorts,
  transferId: string,
  number: number,
  owned: Owned,
  error: unknown,
): Promise<SessionChoice> {
  if (!isTransferError(error)) throw error;
  const isLost = errorMeans(error, 'createReplyLost');
  // An invalid reply still means that the service may have created a session.
  const mayExist = isLost || errorMeans(error, 'serviceContradicted');
  await ports.store.markSession(transferId, number, mayExist ? 'lost' : 'rejected');
  if (!isLost) throw error;
  await countTransferRetry(ports, transferId, 'CreateReplyLostError');
  const { sessionsOpened } = owned;
  const createsLost = owned.createsLost + 1;
  const subject = { transferId, step: 'OpenSession' };
  const wait = waitOut(ports, { ...owned, createsLost }, error, subject);
  return { number, sessionsOpened, createsLost, next: 'wait', wait };
}

function sessionRequestOf(
  { destination }: SessionPorts,
  { source, options }: TransferRecord,
): SessionRequest {
  const { kind, maxFilenameLength } = destination.accept(source);
  return {
    source,
    kind,
    filename: shapeFilename(options.filename ?? source.key, maxFilenameLength),
    options: destinationOptionsOf(options),
  };
}
