import * as z from 'zod/mini';
import { mediaTypes } from './media-types.ts';

/** A whole number from 0. */
const count = z.number().check(z.int(), z.gte(0));

/** The fields of a reference. An execution's input, its state and the transfer's row contain them. */
const referenceFields = {
  bucket: z.string(),
  /** As stored in S3, never URL-encoded. */
  key: z.string(),
  versionId: z.optional(z.string()),
  /** The account of its source, if it differs from ours. Read from the configuration only. */
  account: z.optional(z.string()),
  /** The Region of its source, if it differs from ours. Read from the configuration only. */
  region: z.optional(z.string()),
  /** Whether the requester pays for reads. Read from the configuration only. */
  requestPayer: z.optional(z.boolean()),
  /** How long a denied read is tried again, in seconds. Read from the configuration only. */
  waitWhileDeniedSeconds: z.optional(count),
};

const referenceSchema = z.object(referenceFields);

/** The object of a start. */
export type SourceReference = Readonly<z.infer<typeof referenceSchema>>;

/** Algorithms whose checksum of a whole object can be computed from the checksums of its chunks. */
export const crcAlgorithms = ['CRC64NVME', 'CRC32', 'CRC32C'] as const;

export type CrcAlgorithm = (typeof crcAlgorithms)[number];

const checksumSchema = z.object({ algorithm: z.enum(crcAlgorithms), value: z.string() });

/** The full-object checksum of an object, base64, as S3 returns it. */
export type SourceChecksum = Readonly<z.infer<typeof checksumSchema>>;

const digestsSchema = z.object({
  /** SHA-256 of the full object, base64. */
  sha256: z.optional(z.string()),
  /** The ETag, if it is the MD5 of the object, or of its parts' MD5 sums (`…-<parts>`). */
  md5: z.optional(z.string()),
  /** Bytes of the first part, if the ETag is of the parts' sums. */
  firstPartBytes: z.optional(z.number()),
});

/** Digests in S3 that prove the content of an object. A digest that proves nothing is absent. */
export type ContentDigests = Readonly<z.infer<typeof digestsSchema>>;

/** A pinned object, as the state of an execution and the transfer's row contain it. */
export const sourceObjectSchema = z.object({
  ...referenceFields,
  /** The ETag as S3 returns it, without quotes. */
  etag: z.string(),
  sizeBytes: count,
  contentType: z.optional(z.string()),
  /** The media type that the source configures for the suffix. It overrides extension and content type. */
  mediaType: z.optional(z.enum(mediaTypes)),
  /** The full-object CRC, if S3 has it. */
  checksum: z.optional(checksumSchema),
  /**
   * Type and algorithm of another checksum: `COMPOSITE SHA256`. It cannot be verified in parallel: the
   * parts of a composite checksum differ from our chunks, and a SHA cannot be combined.
   */
  otherChecksum: z.optional(z.string()),
  /** The MD5 of the object, lower-case hex, if its ETag is that and the destination needs it. */
  md5: z.optional(z.string()),
  /** Present if the source reuses assets of the same content. */
  digests: z.optional(digestsSchema),
});

/** An object pinned to one content. Every later read requests this version and this ETag. */
export interface SourceObject extends Readonly<z.infer<typeof sourceObjectSchema>> {
  /** The Content-Encoding, such as `gzip`. Read at inspection only. */
  readonly contentEncoding?: string | undefined;
  /** The KMS key, as S3 returns it. Read at inspection only. */
  readonly kmsKey?: string | undefined;
}

/** Returns the last segment of a key: the file's name. */
export function lastSegment(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** Returns the extension in lower case, without its dot; empty without an extension. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/**
 * Shortens a filename to `maxLength` characters and preserves its extension. Characters are Unicode code
 * points, so an emoji is never cut in two.
 */
export function shapeFilename(nameOrKey: string, maxLength: number): string {
  const characters = Array.from(lastSegment(nameOrKey));
  if (characters.length <= maxLength) return characters.join('');
  const dot = characters.lastIndexOf('.');
  const tail = dot > 0 && characters.length - dot <= 32 ? characters.slice(dot) : [];
  return [...characters.slice(0, maxLength - tail.length), ...tail].join('');
}
