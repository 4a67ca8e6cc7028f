import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import { serviceError } from './replies.ts';

/**
 * Ensures that every chunk has a proof before an upload is completed: a service may complete an upload that
 * lacks chunks.
 * @throws RequestRejectedError
 */
export function assertAllProven(
  { totalChunks }: UploadSession,
  proofs: readonly ChunkProof[],
): void {
  const proven = new Set(proofs.map(({ index }) => index));
  if (proven.size === totalChunks) return;
  throw serviceError(
    'RequestRejectedError',
    `Invalid completion of an upload with ${proven.size} proofs: must have ${totalChunks}.`,
  );
}
