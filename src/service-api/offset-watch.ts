import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Chunk } from '#src/core/transfer/chunk-plan.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import { serviceError } from './replies.ts';

/** Counts the offsets that differ, for each upload of this process. */
export interface OffsetWatch {
  /** Returns the error for a chunk whose start is not the number of bytes that the service holds. */
  mismatchError(session: UploadSession, chunk: Chunk, held: number): TransferError;
  /** Forgets the mismatches of an upload. */
  matched(session: UploadSession): void;
}

/**
 * Sends of one chunk for which the service holds another number of bytes, before the upload counts as lost. The
 * first two may meet a reply that another request has overtaken.
 */
const maxOffsetMismatches = 3;

/** Uploads that are counted at once; a process sends few. */
const maxUploads = 1_000;

/** An upload whose offset differs repeatedly cannot continue: the service cuts nothing off. */
export function createOffsetWatch(): OffsetWatch {
  const mismatches = new Map<string, number>();
  return {
    mismatchError: ({ uploadId }, { index, range }, held) => {
      const count = (mismatches.get(uploadId) ?? 0) + 1;
      if (mismatches.size >= maxUploads) mismatches.clear();
      mismatches.set(uploadId, count);
      const isLost = count >= maxOffsetMismatches;
      return serviceError(
        isLost ? 'SessionExpiredError' : 'ChunkMismatchError',
        `chunk ${index} begins at ${range.start}; the service holds ${held} bytes`,
        // With a status, the mismatch does not count as a compared ETag.
        { status: 400 },
      );
    },
    matched: ({ uploadId }) => void mismatches.delete(uploadId),
  };
}
