import { TransferError } from '#src/core/errors/transfer-error.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { chunkAt, indexesOf } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkState, UploadSession } from '#src/core/transfer/destination.ts';

/** A chunk at the service. */
export interface StoredChunk {
  readonly bytes: Buffer;
  readonly etag: string;
  state: Exclude<ChunkState, 'busy'>;
}

/** One upload at the service. */
export interface SizedUpload {
  readonly sizeBytes: number;
  readonly chunks: Map<number, StoredChunk>;
  completedAt?: number;
  isForgotten?: boolean;
  isDeleted?: boolean;
}

/**
 * Returns the chunk of a proof.
 * @throws RequestRejectedError - the chunk's bytes, ETag or size differ from the proof
 */
export function provenChunk(
  upload: SizedUpload,
  session: UploadSession,
  proof: ChunkProof,
): StoredChunk {
  const chunk = upload.chunks.get(proof.index);
  const { range } = chunkAt(proof.index, upload.sizeBytes, session.chunkSizeBytes);
  const isTrue = chunk?.etag === proof.proof && lengthOf(range) === chunk.bytes.length;
  if (isTrue && proof.sizeBytes === chunk.bytes.length) return chunk;
  throw new TransferError('RequestRejectedError', `chunk ${proof.index} has another proof`);
}

/** Counts the chunks by state; a missing chunk is pending. */
export function countsOf(
  upload: SizedUpload,
  session: UploadSession,
): Record<'completed' | 'pending' | 'failed', number> {
  const counts = { completed: 0, pending: 0, failed: 0 };
  for (const index of planned(session)) counts[upload.chunks.get(index)?.state ?? 'pending']++;
  return counts;
}

/** Returns the indexes of all chunks of a session, ascending. */
export function planned({ totalChunks }: UploadSession): number[] {
  return indexesOf({ first: 1, last: totalChunks });
}
