import { createHash } from 'node:crypto';
import type { AssetSnapshot, ChunkSnapshot, SessionSnapshot } from './simulator.ts';
import { assetState } from './storage/assets.ts';
import type { SimulatorContext } from './storage/context.ts';
import type { Chunk, Session } from './storage/session-store.ts';

function snapshotChunk({ index, state, sizeBytes, stored, error }: Chunk): ChunkSnapshot {
  const summary = stored && { sizeBytes: stored.sizeBytes, md5: stored.md5, etag: stored.etag };
  return { index, state, sizeBytes, stored: summary, error };
}

/** Returns the current state of a session. */
export function snapshotSession(context: SimulatorContext, session: Session): SessionSnapshot {
  return {
    uploadId: session.uploadId,
    assetId: session.asset.assetId,
    state: context.sessions.state(session),
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

/** Returns all assets whose upload completed or that a test changed. */
export function snapshotAssets(context: SimulatorContext): AssetSnapshot[] {
  return context.sessions
    .all()
    .filter(({ asset }) => asset.settlesAt !== undefined || asset.deleted)
    .map((session) => ({
      assetId: session.asset.assetId,
      uploadId: session.uploadId,
      state: assetState(context, session),
      filename: session.filename,
      sizeBytes: session.totalSize,
      failure: session.asset.failure,
      deleted: session.asset.deleted,
    }));
}

/** Returns the SHA-256 of a session's chunks in order. @throws Error - a chunk is missing, or bytes are discarded */
export async function sha256Of(session: Session): Promise<string> {
  const hash = createHash('sha256');
  for (const { index, stored } of session.chunks) {
    if (!stored) throw new Error(`Missing chunk ${index} of the upload "${session.uploadId}".`);
    for await (const piece of stored.content.read()) hash.update(piece);
  }
  return hash.digest('hex');
}
