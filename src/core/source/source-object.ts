import { TransferError } from '#src/core/errors/errors.ts';
import { isCode, type MediaType, typeOfContent, typeOfExtension } from './media-types.ts';

export type { MediaType } from './media-types.ts';

/** Which object a start names; keys are as S3 holds them, never URL-encoded. */
export interface SourceReference {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
  /** The account of its source, where that is another than ours; from the configuration only. */
  readonly account?: string | undefined;
  /** The Region of its source, where that is another than ours; from the configuration only. */
  readonly region?: string | undefined;
  /** Whether the requester pays for reading; from the configuration only. */
  readonly requestPayer?: boolean | undefined;
  /** How long a denied read is tried again, in seconds; from the configuration only. */
  readonly waitWhileDeniedSeconds?: number | undefined;
}

/** Algorithms whose checksum of a whole object can be combined from those of its chunks. */
export type CrcAlgorithm = 'CRC64NVME' | 'CRC32' | 'CRC32C';

/** An object's own full-object checksum, base64 as S3 gives it. */
export interface SourceChecksum {
  readonly algorithm: CrcAlgorithm;
  readonly value: string;
}

/** Digests that prove what an object holds. S3 keeps them; each is absent where it proves nothing. */
export interface ContentDigests {
  /** SHA-256 of the full object, base64. */
  readonly sha256?: string | undefined;
  /** The ETag, where it is made of MD5 sums: of the whole, or of the parts, then as `…-<parts>`. */
  readonly md5?: string | undefined;
  /** Bytes of the first part, where the ETag is made of the parts' sums. */
  readonly firstPartBytes?: number | undefined;
}

/** An object pinned to one content: every later read names this version and this ETag. */
export interface SourceObject extends SourceReference {
  /** As S3 gives it, without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly contentType?: string | undefined;
  /** As its source names it by the suffix; stands above extension and content type. */
  readonly mediaType?: MediaType | undefined;
  /** Present where S3 has a full-object CRC. */
  readonly checksum?: SourceChecksum | undefined;
  /**
   * Type and algorithm of a checksum that S3 has instead: `COMPOSITE SHA256`. It can't be verified in
   * parallel: a composite one sums up other parts than ours, and no other can be combined from chunks.
   */
  readonly otherChecksum?: string | undefined;
  /** Present where its source lets an asset of the same content be used again. */
  readonly digests?: ContentDigests | undefined;
  /** How the stored bytes are encoded, such as `gzip`. Read at inspection only. */
  readonly contentEncoding?: string | undefined;
  /** The KMS key that encrypts it, as S3 names it. Read at inspection only. */
  readonly kmsKey?: string | undefined;
}

/** The last segment of a key: what a person would call the file. */
export function lastSegment(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** The extension in lower case, without its dot; empty where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** What tells an object's kind of media besides its key and its content type. */
export interface MediaHints {
  readonly mediaType?: MediaType | undefined;
  readonly sizeBytes?: number | undefined;
}

/**
 * What kind of media an object is: as its source names it, else by its extension, else by its content
 * type, in any letter case.
 * @throws SourceTypeUnsupportedError - nothing tells video, audio or image, or the object is a file of
 *   another kind that has the extension of one
 */
export function mediaTypeOf(
  key: string,
  contentType: string | undefined,
  traits: MediaHints = {},
): MediaType {
  const name = lastSegment(key);
  if (name.startsWith('._')) {
    throw unsupported(key, 'it is an AppleDouble file, which macOS keeps next to the real file');
  }
  if (traits.mediaType) return traits.mediaType;
  const extension = extensionOf(name);
  if (isTypeScript(name, extension, contentType, traits.sizeBytes)) {
    throw unsupported(
      key,
      `it looks like TypeScript (content type: ${typeText(contentType)}), not an MPEG transport stream`,
    );
  }
  const type = typeOfExtension(extension) ?? typeOfContent(contentType);
  if (type) return type;
  throw unsupported(
    key,
    `it has neither a known extension nor a video, audio or image content type (content type: ${typeText(contentType)})`,
  );
}

/** A transport stream is a row of packets: plain, with a time stamp, or with parity. */
const packetBytes = [188, 192, 204, 208] as const;

/** Larger files of this extension are no source code. */
const maxCodeBytes = 4 * 1024 * 1024;

/** `.ts` and `.mts` are the extensions of TypeScript as well as of MPEG's transport streams. */
function isTypeScript(
  name: string,
  extension: string,
  contentType: string | undefined,
  sizeBytes: number | undefined,
): boolean {
  if (extension !== 'ts' && extension !== 'mts') return false;
  if (isCode(contentType) || /\.d\.m?ts$/i.test(name)) return true;
  if (typeOfContent(contentType) || sizeBytes === undefined || sizeBytes > maxCodeBytes)
    return false;
  return packetBytes.every((bytes) => sizeBytes % bytes !== 0);
}

function typeText(contentType: string | undefined): string {
  return contentType ?? 'none';
}

function unsupported(key: string, why: string): TransferError {
  const message = `Unsupported object ${JSON.stringify(key)}: ${why}`;
  return new TransferError('SourceTypeUnsupportedError', message);
}

/**
 * A filename the service takes: the wish or the key's last segment, cut to `maxLength` characters
 * with its extension kept. Characters are Unicode code points, so an emoji is never cut in two.
 */
export function shapeFilename(nameOrKey: string, maxLength: number): string {
  const characters = Array.from(lastSegment(nameOrKey));
  if (characters.length <= maxLength) return characters.join('');
  const dot = characters.lastIndexOf('.');
  const tail = dot > 0 && characters.length - dot <= 32 ? characters.slice(dot) : [];
  return [...characters.slice(0, maxLength - tail.length), ...tail].join('');
}
