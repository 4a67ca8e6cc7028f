import { TransferError } from '#src/core/errors/errors.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { releaseSlotOrTicket } from '#src/queue/slots.ts';
import { fencedOutError, type UsableSession } from '#src/transfer/ownership.ts';
import type { Owned } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';
import { verifyObjectChecksum } from './verify-object-checksum.ts';

/** What looking at an upload needs. */
export type ConfirmPorts = Needs<'store' | 'queue' | 'source' | 'destination'>;

/** One look at an upload, with everything it is looked at with. */
export interface UploadCheck {
  readonly ports: ConfirmPorts;
  readonly transfer: TransferRecord;
  readonly record: UsableSession;
  readonly owned: Owned;
  readonly invocation: Invocation;
  readonly retries: Record<string, number>;
  /** The page of chunk states at which the next look goes on, if this one is cut short. */
  page?: number | undefined;
}

/** What a look found. `busy`: everything is with the service, which is not done yet. */
export type UploadStatus = 'busy' | 'missing' | 'expired' | 'asset';

/** All bytes are with the service: the object's own checksum is compared before that is believed. */
export async function completeUpload({
  ports,
  transfer,
  record,
  owned,
}: UploadCheck): Promise<'asset'> {
  const now = ports.clock.now();
  const { assetId, totalChunks } = record.session;
  const chunks = await ports.store.chunks(owned.transferId, record.number);
  assertAllSent(chunks.size, totalChunks);
  const patch = { assetId, totalChunks, bytesCompleteAt: now };
  const seen = { sessionNumber: record.number };
  const held = await ports.store.patchTransfer(owned.transferId, owned.fence, patch, now, seen);
  if (!held) throw fencedOutError(owned.transferId, undefined);
  await releaseSlotOrTicket(ports, transfer);
  if (verifyObjectChecksum(ports, transfer, record.session, chunks)) return 'asset';
  const skipped = { checksumSkipped: true };
  await ports.store.patchTransfer(owned.transferId, owned.fence, skipped, now);
  return 'asset';
}

/** A chunk that never had a proof was never reported: a service that calls it complete is mistaken. */
function assertAllSent(sent: number, totalChunks: number): void {
  if (sent >= totalChunks) return;
  throw new TransferError(
    'ProtocolViolationError',
    `the service calls the upload complete, but only ${sent} of its ${totalChunks} chunks were ever sent`,
  );
}
