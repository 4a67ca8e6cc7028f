import { createHash } from 'node:crypto';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import { isProven } from '#src/core/transfer/upload-rows.ts';
import { finishClaimed } from '#src/step-support/finish-claim.ts';
import { recordCompletion, type UploadCheck, type UploadStatus } from './check-upload.ts';

/**
 * Finishes the upload at a service that needs an explicit call for it: once every chunk has a proof,
 * with the digest that the service requires.
 */
export async function finishUpload(check: UploadCheck): Promise<UploadStatus> {
  const { ports, record, owned } = check;
  if (record.session.assetId) return recordCompletion(check);
  const rows = await ports.store.chunks(owned.transferId, record.number);
  const proofs = [...rows.values()].filter(isProven).sort((a, b) => a.index - b.index);
  if (proofs.length < record.session.totalChunks) return 'missing';
  const session = await requestFinish(check, proofs);
  await ports.store.updateSession(owned.transferId, record.number, session);
  return recordCompletion({ ...check, record: { ...record, session } });
}

async function requestFinish(
  check: UploadCheck,
  proofs: readonly ChunkProof[],
): Promise<UploadSession> {
  const { ports, record, owned, invocation } = check;
  const { destination } = ports;
  const { wholeDigest, finishOnce } = destination.traits;
  const digest = wholeDigest === 'md5' ? await wholeMd5(check) : undefined;
  const { signal } = invocation;
  const finish = () => destination.finish(record.session, proofs, digest, { signal });
  const session = { transferId: owned.transferId, number: record.number };
  return finishOnce ? finishClaimed(ports, session, invocation, finish) : finish();
}

/** Returns the MD5 that S3 has, that SendChunks computed, or of the bytes of another reading. */
async function wholeMd5(check: UploadCheck): Promise<string> {
  return check.transfer.source.md5 ?? check.record.session.md5 ?? (await md5OfSource(check));
}

/** Reads the object again: a running digest does not survive the call, and such services take small objects. */
async function md5OfSource({ ports, transfer, invocation }: UploadCheck): Promise<string> {
  const md5 = createHash('md5');
  const wholeObject = { start: 0, endInclusive: transfer.source.sizeBytes - 1 };
  for await (const bytes of ports.source.read(transfer.source, wholeObject, invocation.signal))
    md5.update(bytes);
  return md5.digest('hex');
}
