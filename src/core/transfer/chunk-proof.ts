import { opaqueEvidenceChunks } from '#src/core/limits/limits.ts';

/** The proof that one chunk arrived. Any sender's proof is valid for its session and pinned source. */
export interface ChunkProof {
  readonly index: number;
  readonly sizeBytes: number;
  /** The evidence of the service, opaque to the engine. For S3-like storage: the ETag, without quotes. */
  readonly proof: string;
  /** The MD5 of the sent bytes, lower-case hex. */
  readonly md5: string;
  /** The checksum of the sent bytes, base64, in the algorithm of the object's checksum. */
  readonly crc?: string | undefined;
}

/** Whether a session's ETags are the MD5 of the bytes: not known yet, yes, or no (`opaque`). */
export type EtagMode = 'unknown' | 'md5' | 'opaque';

/** The parts of the storage's reply to one chunk that `checkEtag` needs. */
export interface EtagReply {
  readonly etag: string;
  readonly md5: string;
  /** The value of `x-amz-server-side-encryption`. */
  readonly encryption?: string | undefined;
}

/** `matches` and `opaque` are proofs. After a `mismatch` the chunk is sent again on a new URL. */
export type EtagCheck = 'matches' | 'opaque' | 'mismatch';

/**
 * Compares an ETag with the MD5 of the sent bytes. An ETag is opaque if it is not 32 hex digits, or if
 * the storage uses SSE-KMS, whose ETags have the form of an MD5.
 */
export function checkEtag(reply: EtagReply, mode: EtagMode): EtagCheck {
  const hasMd5Form = /^[0-9a-f]{32}$/i.test(reply.etag);
  if (!hasMd5Form || reply.encryption?.startsWith('aws:kms')) return 'opaque';
  if (reply.etag.toLowerCase() === reply.md5) return 'matches';
  return mode === 'opaque' ? 'opaque' : 'mismatch';
}

/**
 * True if a session's ETags are opaque: several chunks mismatched twice each, and no chunk matched. Fewer
 * chunks cannot prove it, and corrupt chunks must not count as opaque.
 */
export function areEtagsOpaque(mode: EtagMode, chunksMismatchedTwice: number): boolean {
  return mode === 'unknown' && chunksMismatchedTwice >= opaqueEvidenceChunks;
}
