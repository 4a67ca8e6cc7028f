import { createHash } from 'node:crypto';
import { isProven } from '#src/core/transfer/transfer.ts';
import { completeUpload, type UploadCheck, type UploadStatus } from './check-upload.ts';

/** Tells a service that must be told: once every chunk has a proof, with the digest that it needs. */
export async function finishUpload(look: UploadCheck): Promise<UploadStatus> {
  const { ports, record, owned, invocation } = look;
  if (record.session.assetId) return completeUpload(look);
  const rows = await ports.store.chunks(owned.transferId, record.number);
  const proofs = [...rows.values()].filter(isProven).sort((a, b) => a.index - b.index);
  if (proofs.length < record.session.totalChunks) return 'missing';
  const digest =
    ports.destination.traits.wholeDigest === 'md5' ? await md5OfSource(look) : undefined;
  const session = await ports.destination.finish(record.session, proofs, digest, {
    signal: invocation.signal,
  });
  await ports.store.updateSession(owned.transferId, record.number, session);
  return completeUpload({ ...look, record: { ...record, session } });
}

/** Read again: a running digest would not survive a crash, and such services take small objects only. */
async function md5OfSource({ ports, transfer, invocation }: UploadCheck): Promise<string> {
  const md5 = createHash('md5');
  const whole = { start: 0, endInclusive: transfer.source.sizeBytes - 1 };
  for await (const bytes of ports.source.read(transfer.source, whole, invocation.signal))
    md5.update(bytes);
  return md5.digest('hex');
}
