import type { MediaType } from './media-types.ts';

/** Where objects may come from. What is not configured is refused, whoever asks for it. */

/** One configured place: a bucket, and which of its objects are moved when they appear. */
export interface Source {
  readonly bucket: string;
  /** The account that owns the bucket, 12 digits; absent: the one that Chunkferry runs in. */
  readonly account?: string | undefined;
  /** The bucket's Region; absent: the one that Chunkferry runs in. */
  readonly region?: string | undefined;
  /** Keys must begin with one of these, letter for letter; absent: any key. */
  readonly prefixes?: readonly string[] | undefined;
  /** Keys must end with one of these, in any letter case; each has its dot; absent: any key. */
  readonly suffixes?: readonly string[] | undefined;
  /** What objects are whose keys end with a suffix, in any letter case; the longest one decides. */
  readonly mediaTypes?: Readonly<Record<string, MediaType>> | undefined;
  /** Smaller objects are strangers, in bytes. */
  readonly minSize?: number | undefined;
  /** Larger objects are strangers, in bytes. */
  readonly maxSize?: number | undefined;
  /** `reuse`: a new version with the bytes of a ready one uses its asset again; absent: one asset a version. */
  readonly sameContent?: 'reuse' | undefined;
  /** Whether the requester pays for reading, as for buckets with Requester Pays. */
  readonly requestPayer?: boolean | undefined;
  /** How long a denied read is tried again before it is final, in seconds; absent: not at all. */
  readonly waitWhileDeniedSeconds?: number | undefined;
}

/** How the objects of another account are read: by a role of that account. */
export interface Reader {
  readonly roleArn: string;
  readonly externalId: string;
}

/** Everything that may be read, and as whom. */
export interface Sources {
  readonly list: readonly Source[];
  /** By account. Only these roles are ever assumed: none that an input names. */
  readonly readers: Readonly<Record<string, Reader>>;
}
