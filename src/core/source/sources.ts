import type { MediaType } from './media-types.ts';

/**
 * A configured source: a bucket, and filters for its objects. Starts of objects outside all sources are
 * rejected.
 */
export interface Source {
  readonly bucket: string;
  /** The account that owns the bucket, 12 digits. Default: Chunkferry's own account. */
  readonly account?: string | undefined;
  /** The bucket's Region. Default: Chunkferry's own Region. */
  readonly region?: string | undefined;
  /** Keys must begin with one of these, case-sensitive. Default: any key. */
  readonly prefixes?: readonly string[] | undefined;
  /** Keys must end with one of these, case-insensitive, with the dot. Default: any key. */
  readonly suffixes?: readonly string[] | undefined;
  /** Media types by key suffix, case-insensitive. The longest matching suffix wins. */
  readonly mediaTypes?: Readonly<Record<string, MediaType>> | undefined;
  /** Smaller objects do not match, in bytes. */
  readonly minSize?: number | undefined;
  /** Larger objects do not match, in bytes. */
  readonly maxSize?: number | undefined;
  /** `reuse`: a version with the same bytes reuses the asset. Default: one asset for each version. */
  readonly sameContent?: 'reuse' | undefined;
  /** Whether the requester pays for reads (S3 Requester Pays). */
  readonly requestPayer?: boolean | undefined;
  /** How long a denied read is tried again, in seconds. Default: a denial is final at once. */
  readonly waitWhileDeniedSeconds?: number | undefined;
}

/** The role by which objects of another account are read. */
export interface Reader {
  readonly roleArn: string;
  readonly externalId: string;
}

/** All sources, and the roles that read them. */
export interface Sources {
  readonly list: readonly Source[];
  /** Reader roles by account. No other role is ever assumed. An input cannot name one. */
  readonly readers: Readonly<Record<string, Reader>>;
}
