import { TransferError } from './errors.ts';

/** What the service makes of an object. */
export type MediaType = 'video' | 'audio' | 'image';

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

/** An object pinned to one content: every later read names this version and this ETag. */
export interface SourceObject extends SourceReference {
  /** As S3 gives it, without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly contentType?: string | undefined;
  /** Present where S3 has a full-object CRC. */
  readonly checksum?: SourceChecksum | undefined;
  /**
   * Type and algorithm of a checksum that S3 has instead: `COMPOSITE SHA256`. It can't be verified in
   * parallel: a composite one sums up other parts than ours, and no other can be combined from chunks.
   */
  readonly otherChecksum?: string | undefined;
  /** How the stored bytes are encoded, such as `gzip`. Read at inspection only. */
  readonly contentEncoding?: string | undefined;
  /** The KMS key that encrypts it, as S3 names it. Read at inspection only. */
  readonly kmsKey?: string | undefined;
}

const extensions: Record<MediaType, readonly string[]> = {
  video: [
    'mp4',
    'm4v',
    'mov',
    'mkv',
    'webm',
    'avi',
    'mpg',
    'mpeg',
    'mts',
    'm2ts',
    'ts',
    'mxf',
    'wmv',
    'flv',
    '3gp',
    'ogv',
    'vob',
    'f4v',
    'asf',
  ],
  audio: ['mp3', 'wav', 'flac', 'aac', 'm4a', 'ogg', 'oga', 'opus', 'wma', 'aif', 'aiff', 'amr'],
  image: ['jpg', 'jpeg', 'png', 'webp', 'gif', 'bmp', 'tif', 'tiff', 'heic'],
};

const typeByExtension = new Map(
  (Object.entries(extensions) as [MediaType, readonly string[]][]).flatMap(([type, list]) =>
    list.map((extension) => [extension, type] as const),
  ),
);

/** The last segment of a key: what a person would call the file. */
export function lastSegment(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** The extension in lower case, without its dot; empty where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/**
 * What kind of media an object is: by its extension, else by its content type, in any letter case.
 * @throws SourceTypeUnsupportedError - neither tells video, audio or image
 */
export function mediaTypeOf(key: string, contentType: string | undefined): MediaType {
  const byExtension = typeByExtension.get(extensionOf(lastSegment(key)));
  if (byExtension) return byExtension;
  const family = contentType?.trim().toLowerCase().split('/')[0];
  if (family === 'video' || family === 'audio' || family === 'image') return family;
  throw new TransferError(
    'SourceTypeUnsupportedError',
    `${JSON.stringify(key)} has neither a known extension nor a video, audio or image content type (it has ${contentType ?? 'none'})`,
  );
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
