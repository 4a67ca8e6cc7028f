import type { SourceReference } from '#src/core/source/source-object.ts';

/** Returns the fields of every read of an object: its address, its version, and that the requester pays. */
export function addressOf({ bucket, key, versionId, requestPayer }: SourceReference) {
  return {
    Bucket: bucket,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(requestPayer && { RequestPayer: 'requester' as const }),
  };
}
