import { createHash } from 'node:crypto';
import { isProven } from '#src/core/transfer/transfer.ts';
import { completeUpload, type UploadCheck, type UploadStatus } from './check-upload.ts';

/**
 * Finishes the upload at a service that needs an explicit call for it: once every chunk has a proof,
 * with the digest that the service requires.
 */
export async function finishUpload(check: UploadCheck): Promise<UploadStatus> {
  const { ports, record, owned, invocation } = check;
  if (record.session.assetId) return completeUpload(check);
  const rows = await ports.store.chunks(owned.transferId, record.number);
  const proofs = [...rows.values()].filter(isProven).sort((a, b) => a.index - b.index);
  if (proofs.length < record.session.totalChunks) return 'missing';
  const { wholeDigest } = ports.destination.traits;
  const digest = wholeDigest === 'md5' ? await md5OfSource(check) : undefined;
  const { signal } = invocation;
  const session = await ports.destination.finish(record.session, proofs, digest, { signal });
  await ports.store.updateSession(owned.transferId, record.number, session);
  return completeUpload({ ...check, record: { ...record, session } });
}

/** Reads the object again: a running digest does not survive a crash, and such services take small objects. */
async function md5OfSource({ ports, transfer, invocation }: UploadCheck): Promise<string> {
  const md5 = createHash('md5');
  const wholeObject = { start: 0, endInclusive: transfer.source.sizeBytes - 1 };
  for await (const bytes of ports.source.read(transfer.source, wholeObject, invocation.signal))
    md5.update(bytes);
  return md5.digest('hex');
}
