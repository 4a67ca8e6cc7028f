import { opaqueEvidenceChunks } from '#src/core/limits/limits.ts';

/** That one chunk arrived: true for its session and pinned source, whoever wrote it. */
export interface ChunkProof {
  readonly index: number;
  readonly sizeBytes: number;
  /** What the service gave as evidence; opaque to the engine. For S3-like storage the ETag, without quotes. */
  readonly proof: string;
  /** Of the bytes sent, lower-case hex. */
  readonly md5: string;
  /** Of the bytes sent, base64, in the algorithm of the object's own checksum. */
  readonly crc?: string | undefined;
}

/** How a session's ETags relate to the bytes: not yet known, their MD5, or nothing we can check. */
export type EtagMode = 'unknown' | 'md5' | 'opaque';

/** What the storage said about one chunk, in the words the rule below needs. */
export interface EtagReply {
  readonly etag: string;
  readonly md5: string;
  /** The reply's own word on its encryption, from `x-amz-server-side-encryption`. */
  readonly encryption?: string | undefined;
}

/** `matches` and `opaque` give a proof; a `mismatch` is sent again on a new URL. */
export type EtagCheck = 'matches' | 'opaque' | 'mismatch';

/**
 * Judges an ETag against the MD5 of what was sent. An ETag is opaque when it is not 32 hex digits or
 * the reply says SSE-KMS, whose ETags look like an MD5 and are none.
 */
export function checkEtag(reply: EtagReply, mode: EtagMode): EtagCheck {
  const looksLikeMd5 = /^[0-9a-f]{32}$/i.test(reply.etag);
  if (!looksLikeMd5 || reply.encryption?.startsWith('aws:kms')) return 'opaque';
  if (reply.etag.toLowerCase() === reply.md5) return 'matches';
  return mode === 'opaque' ? 'opaque' : 'mismatch';
}

/**
 * Whether a session's ETags must be taken as opaque: several chunks each mismatched twice and none
 * ever matched. A session of fewer chunks can't show that, and corruption must not pass for it.
 */
export function areEtagsOpaque(mode: EtagMode, chunksMismatchedTwice: number): boolean {
  return mode === 'unknown' && chunksMismatchedTwice >= opaqueEvidenceChunks;
}
