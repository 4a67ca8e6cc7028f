import { TransferError } from '#src/core/errors.ts';
import type { TransferRecord } from '#src/core/transfer.ts';
import { fencedOut, type UsableSession } from './ownership.ts';
import type { Owned } from './state.ts';
import type { Invocation, Needs } from './step.ts';
import { leaveTurn } from './turns.ts';
import { verifyWhole } from './verify-whole.ts';

/** What looking at an upload needs. */
export type ConfirmPorts = Needs<'store' | 'turns' | 'source' | 'destination'>;

/** One look at an upload, with everything it is looked at with. */
export interface Look {
  readonly ports: ConfirmPorts;
  readonly transfer: TransferRecord;
  readonly record: UsableSession;
  readonly owned: Owned;
  readonly invocation: Invocation;
  readonly retries: Record<string, number>;
}

/** What a look found. */
export type Verdict = 'wait' | 'missing' | 'expired' | 'asset';

/** All bytes are with the service: the object's own checksum is compared before that is believed. */
export async function arrived({ ports, transfer, record, owned }: Look): Promise<'asset'> {
  const now = ports.clock.now();
  const { assetId, totalChunks } = record.session;
  await refuseUnsent(ports, owned.transferId, record);
  const patch = { assetId, totalChunks, bytesCompleteAt: now };
  const seen = { sessionNumber: record.number };
  const held = await ports.store.patchTransfer(owned.transferId, owned.fence, patch, now, seen);
  if (!held) throw fencedOut(owned.transferId, undefined);
  await leaveTurn(ports, transfer);
  if (await verifyWhole(ports, transfer, record)) return 'asset';
  const skipped = { checksumSkipped: true };
  await ports.store.patchTransfer(owned.transferId, owned.fence, skipped, now);
  return 'asset';
}

/** A chunk that never had a proof was never reported: a service that calls it complete is mistaken. */
async function refuseUnsent(
  { store }: ConfirmPorts,
  transferId: string,
  { number, session }: UsableSession,
): Promise<void> {
  const { size } = await store.chunks(transferId, number);
  if (size >= session.totalChunks) return;
  throw new TransferError(
    'ProtocolViolationError',
    `the service calls the upload complete, but only ${size} of its ${session.totalChunks} chunks were ever sent`,
  );
}
