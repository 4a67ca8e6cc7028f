import { releaseSlotOrTicket } from '#src/admission/slots.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { type ChunkRecord, isProven } from '#src/core/transfer/upload-rows.ts';
import { assetIdOf } from '#src/step-support/asset-id.ts';
import { fencedOutError, type UsableSession } from '#src/step-support/ownership.ts';
import type { Owned } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { verifyObjectChecksum } from './verify-object-checksum.ts';

/** The ports that a check of an upload needs. */
export type ConfirmPorts = Needs<'store' | 'queue' | 'source' | 'destination' | 'settings'>;

/** One check of an upload, with everything that it reads. */
export interface UploadCheck {
  readonly ports: ConfirmPorts;
  readonly transfer: TransferRecord;
  readonly record: UsableSession;
  readonly owned: Owned;
  readonly invocation: Invocation;
  /** Retries by cause; incremented in place. */
  readonly retries: Record<string, number>;
  /** The page of chunk states at which the next check continues, if this check ends early. */
  page?: number | undefined;
}

/**
 * The result of a check. `busy`: the service has every chunk and is still working. `missing`: chunks
 * must be sent. `expired`: the session is lost. `asset`: the upload is complete.
 */
export type UploadStatus = 'busy' | 'missing' | 'expired' | 'asset';

/**
 * Records that the service has every chunk, releases the slot, and compares the object's checksum.
 * @throws ProtocolViolationError - the service reports more chunks than were sent, or named no asset
 * @throws SourceChecksumMismatchError
 */
export async function recordCompletion({
  ports,
  transfer,
  record,
  owned,
}: UploadCheck): Promise<'asset'> {
  const now = ports.clock.now();
  const { transferId, fence } = owned;
  const { totalChunks } = record.session;
  const assetId = assetIdOf(record.session);
  const chunks = await ports.store.chunks(transferId, record.number);
  assertAllSent(chunks.size, totalChunks);
  const arrivalUnproven = isArrivalUnproven(ports, chunks) || undefined;
  const patch = { assetId, totalChunks, bytesCompleteAt: now, arrivalUnproven };
  const seen = { sessionNumber: record.number };
  const isWritten = await ports.store.patchTransfer(transferId, fence, patch, now, seen);
  if (!isWritten) throw fencedOutError(transferId, undefined);
  await releaseSlotOrTicket(ports, transfer);
  if (verifyObjectChecksum(ports, transfer, record.session, chunks)) return 'asset';
  await ports.store.patchTransfer(transferId, fence, { checksumSkipped: true }, now);
  return 'asset';
}

/** True if a chunk's proof is not the MD5 of its bytes, and the service does not compare the MD5 of the whole. */
function isArrivalUnproven(
  { destination }: Pick<ConfirmPorts, 'destination'>,
  chunks: ReadonlyMap<number, ChunkRecord>,
): boolean {
  if (destination.traits.wholeDigest === 'md5') return false;
  return [...chunks.values()].some((one) => isProven(one) && one.proof.toLowerCase() !== one.md5);
}

/** A chunk without a row was never sent, so a service that reports it as complete is wrong. */
function assertAllSent(sent: number, totalChunks: number): void {
  if (sent >= totalChunks) return;
  throw new TransferError(
    'ProtocolViolationError',
    `the service reports the upload as complete, but only ${sent} of its ${totalChunks} chunks were sent`,
  );
}
