import type { SourceReference } from '#src/core/source/source-object.ts';

/** What every read of an object says: where it is, its version, and that the requester pays. */
export function addressOf({ bucket, key, versionId, requestPayer }: SourceReference) {
  return {
    Bucket: bucket,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(requestPayer && { RequestPayer: 'requester' as const }),
  };
}
