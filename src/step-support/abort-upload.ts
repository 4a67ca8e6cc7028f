import { errorMeans, nameMeans } from '#src/core/errors/error-meanings.ts';
import { asTransferError } from '#src/core/errors/transfer-error.ts';
import { isCancelledByRequest, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { SessionRecord } from '#src/core/transfer/upload-rows.ts';
import type { Invocation, Needs } from './step.ts';

/** The longest time for ending a session, in ms. The outcome of the transfer does not wait longer. */
const maxAbortMs = 10_000;

type AbortPorts = Needs<'destination'>;

/**
 * Ends the session of a transfer that will not continue, by one call. Does nothing if the service has no such
 * call, or if the session has no upload or a complete one. An error is logged only: it changes no outcome.
 */
export async function abortUpload(
  ports: AbortPorts,
  transferId: string,
  { number, session }: Pick<SessionRecord, 'number' | 'session'>,
  { signal }: Pick<Invocation, 'signal'>,
): Promise<void> {
  const { destination, clock, log } = ports;
  const { finish } = destination.traits;
  if (!destination.abortSession || !session?.uploadId || signal.aborted) return;
  if (finish === 'explicit' && session.assetId) return;
  const ending = new AbortController();
  const cancel = clock.after(maxAbortMs, () => ending.abort(new Error('the time is over')));
  const subject = { transferId, sessionNumber: number };
  try {
    await destination.abortSession(session, { signal: AbortSignal.any([signal, ending.signal]) });
    log.info('upload session aborted', subject);
  } catch (error) {
    const { name, message } = asTransferError(error);
    log.warn('upload session not aborted', { ...subject, error: name, reason: message });
  } finally {
    cancel();
  }
}

/** A transfer under the fence of one owner. */
type OwnedTransfer = Pick<TransferRecord, 'transferId' | 'fence'>;

/** Ends the session that a transfer uses now, as `abortUpload` does, unless another owner has taken it. */
async function abortUploadOf(
  ports: AbortPorts & Needs<'store'>,
  owned: OwnedTransfer,
  invocation: Pick<Invocation, 'signal'>,
): Promise<void> {
  if (!ports.destination.abortSession) return;
  const record = await openSessionOf(ports, owned).catch(() => undefined);
  if (record) await abortUpload(ports, owned.transferId, record, invocation);
}

async function openSessionOf(
  { store }: Needs<'store'>,
  { transferId, fence }: OwnedTransfer,
): Promise<SessionRecord | undefined> {
  const row = await store.transfer(transferId);
  // After a cancel, a start by hand may have taken the transfer. It continues with the same session.
  if (row?.fence !== fence) return undefined;
  const record = await store.session(transferId, row.sessionNumber);
  return record?.state === 'open' ? record : undefined;
}

/**
 * Runs a step, or a part of it. Aborts the upload if the result supersedes the transfer, or if the error gives
 * the upload up: no execution sends or finishes it any more.
 */
export async function abortIfGivenUp<T extends object>(
  ports: AbortPorts & Needs<'store'>,
  owned: OwnedTransfer,
  invocation: Pick<Invocation, 'signal'>,
  step: () => Promise<T>,
): Promise<T> {
  try {
    const result = await step();
    if (isSuperseded(result)) await abortUploadOf(ports, owned, invocation);
    return result;
  } catch (error) {
    if (errorMeans(error, 'uploadGivenUp')) await abortUploadOf(ports, owned, invocation);
    throw error;
  }
}

function isSuperseded(result: { readonly ending?: { readonly status: string } }): boolean {
  return result.ending?.status === 'superseded';
}

/** True if no execution will continue the upload after this error, not even a new one. */
function endsUpload(name: string): boolean {
  return nameMeans(name, 'uploadGivenUp');
}

/** True if no execution will continue the upload of this transfer: a start would make another session. */
export function isGivenUp(row: TransferRecord): boolean {
  if (row.state === 'failed') return endsUpload(String(row.outcome?.error));
  return row.state === 'superseded' || isCancelledByRequest(row);
}
