import { createHash } from 'node:crypto';
import { assetState } from './assets.ts';
import type { Parts } from './parts.ts';
import type { Chunk, Session } from './sessions.ts';
import type { AssetSnapshot, ChunkSnapshot, SessionSnapshot } from './simulator.ts';

function snapshotChunk({ index, state, sizeBytes, stored, error }: Chunk): ChunkSnapshot {
  const kept = stored && { sizeBytes: stored.sizeBytes, md5: stored.md5, etag: stored.etag };
  return { index, state, sizeBytes, stored: kept, error };
}

/** A session as it is now. */
export function snapshotSession(parts: Parts, session: Session): SessionSnapshot {
  return {
    uploadId: session.uploadId,
    assetId: session.asset.assetId,
    state: parts.sessions.state(session),
    filename: session.filename,
    type: session.type,
    totalSize: session.totalSize,
    chunkSize: session.chunkSize,
    totalChunks: session.chunks.length,
    enableHls: session.enableHls,
    enableThumbnail: session.enableThumbnail,
    userMetadata: session.userMetadata,
    createdAt: session.createdAt,
    expiresAt: session.expiresAt,
    forgotten: session.forgotten,
    chunks: session.chunks.map(snapshotChunk),
  };
}

/** All assets that are more than a reservation. */
export function snapshotAssets(parts: Parts): AssetSnapshot[] {
  return parts.sessions
    .all()
    .filter(({ asset }) => asset.settlesAt !== undefined || asset.deleted)
    .map((session) => ({
      assetId: session.asset.assetId,
      uploadId: session.uploadId,
      state: assetState(parts, session),
      filename: session.filename,
      sizeBytes: session.totalSize,
      failure: session.asset.failure,
      deleted: session.asset.deleted,
    }));
}

/** SHA-256 of a session's chunks in order. @throws Error - a chunk is missing, or bytes are discarded */
export async function sha256Of(session: Session): Promise<string> {
  const hash = createHash('sha256');
  for (const { index, stored } of session.chunks) {
    if (!stored) throw new Error(`chunk ${index} of ${session.uploadId} never arrived`);
    for await (const piece of stored.content.read()) hash.update(piece);
  }
  return hash.digest('hex');
}
