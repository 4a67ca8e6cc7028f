import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';

/**
 * Returns the asset of a complete upload.
 * @throws ProtocolViolationError - the service has named no asset
 */
export function assetIdOf({ assetId, uploadId }: UploadSession): string {
  if (assetId) return assetId;
  throw new TransferError(
    'ProtocolViolationError',
    `Missing asset id of the upload session ${JSON.stringify(uploadId)}: the service must name the asset of a complete upload.`,
  );
}
