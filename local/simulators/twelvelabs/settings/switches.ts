/**
 * The behaviour that the service's documentation leaves open, and the numbers that tests reduce. Each
 * default is the documented value. Without one, it is the strictest likely value: a client that passes
 * here should also work with the real service.
 */

export type AssetType = 'video' | 'audio' | 'image';

export type SessionState = 'active' | 'completed' | 'failed' | 'expired';

/** A limit of API calls in a fixed window. Uploads of chunks do not count. */
export interface RateLimit {
  readonly calls: number;
  readonly windowMs: number;
  /** Whether a 429 has `Retry-After`: the seconds to the window's end. Undocumented. */
  readonly retryAfter: boolean;
  /** Whether a 429 has `X-Ratelimit-*`. Documented for other endpoints only. */
  readonly headers: boolean;
}

/** The switches. Each can be changed between calls and applies from the next call on. */
export interface TwelveLabsSwitches {
  /**
   * Bytes of a chunk, fixed or by the object's size. Default 5 MiB. Unknown: the service's rule. All
   * its examples show 5 MiB for any size.
   */
  chunkSizeBytes: number | ((totalSizeBytes: number) => number);
  /**
   * Number of URLs in the reply to create, at most one for each chunk. Default 10. Unknown: the real
   * number. The documentation says only that they may not cover all chunks.
   */
  initialUrls: number;
  /**
   * `upload_headers` of a new session: the headers that each PUT must have. Default: the octet-stream
   * content type of the documented example. Unknown: whether there are others.
   */
  uploadHeaders: Readonly<Record<string, string>>;
  /**
   * Whether a PUT without exactly these headers is rejected, as if a signature covered them. Default
   * false. Unknown: whether they are signed. The official helper sends only its own content type.
   */
  requireUploadHeaders: boolean;
  /**
   * What invalidates a URL: any PUT, only a successful PUT, or nothing. Default `by-attempt`. Unknown:
   * whether the service enforces the documented single use. The official helper repeats a failed PUT on
   * the same URL and needs `by-success` or `off`.
   */
  singleUse: 'by-attempt' | 'by-success' | 'off';
  /** Lifetime of a presigned URL; documented as 1 hour. */
  urlLifetimeMs: number;
  /** Lifetime of a session; documented as 24 hours. */
  sessionLifetimeMs: number;
  /**
   * Whether the connection stays open after a PUT that is rejected before its body is read. Default
   * `keep-alive`. With `close`, a client may get a reset instead of the status.
   */
  rejectedPut: 'keep-alive' | 'close';
  /**
   * The form of an ETag. `md5` (default): the MD5 of the bytes, in quotes. `kms`: 32 other hex digits,
   * new for each PUT, with a header that names `aws:kms`. `kms-silent`: the same without the header.
   * `opaque`: not hex. `absent`: no ETag header. Unknown: the real form; S3's MD5 is assumed.
   */
  etag: 'md5' | 'kms' | 'kms-silent' | 'opaque' | 'absent';
  /** Chunks whose ETag is always 32 hex digits other than their MD5, with no sign of encryption. Default none. */
  wrongEtagChunks: readonly number[];
  /**
   * Effect of a report with a wrong proof or size: a 400 for the whole report (default), or acceptance
   * with these chunks `failed` from then on. Unknown: which.
   */
  badReport: 'reject' | 'mark-failed';
  /** Reply to a report for a completed session: a 400 (default), or a count of duplicates. Unknown. */
  reportAfterCompletion: 'reject' | 'count-duplicates';
  /** Reply to a request for URLs beyond the last chunk: a 400 (default), or the URLs up to it. Unknown. */
  countPastEnd: 'reject' | 'clip';
  /**
   * URLs for completed chunks: `issue` (default), `skip`, or a 400 for any span that contains a completed
   * chunk (`reject`). Unknown.
   */
  completedChunkUrls: 'issue' | 'skip' | 'reject';
  /** Whether both hosts reject a request without a User-Agent with a 403. Default false. */
  requireUserAgent: boolean;
  /**
   * Whether a session still exists after the report that completes it. Default `known`. Unknown: other
   * services delete it.
   */
  completedSession: 'known' | 'not-found';
  /** Hexadecimal digits of an upload id. Default 24, as in the documented examples. Unknown: the maximum. */
  uploadIdLength: number;
  /** Status of reports and requests for URLs after expiry: 400 (default) or 404. Unknown. */
  expiredSession: 'bad-request' | 'not-found';
  /**
   * Milliseconds that a session stays `active` after the report that completes it. Default 0. Unknown:
   * whether the session is `completed` with that report's reply.
   */
  completedAfterMs: number;
  /** Milliseconds that an asset is `processing` after its session completed. Default 0; really seconds to minutes. */
  assetReadyAfterMs: number;
  /** If set, assets that complete from now on end as `failed` with this text. */
  assetFailure: string | undefined;
  /**
   * State of an asset before its upload completes. Default `processing`, as in the SDK's comments. An
   * older page calls its id reserved and not available.
   */
  unfinishedAsset: 'processing' | 'not-found';
  /**
   * The largest `total_size` by type. Default 10 GiB for video and audio, 32 MiB for images. Unknown:
   * whether the documented GB and MB are binary.
   */
  maxBytes: Readonly<Record<AssetType, number>>;
  /** Number of active sessions from which create answers 429. Default: no limit. Unknown: whether there is a limit. */
  maxActiveSessions: number;
  /** Default none. Unknown: the limits of the multipart endpoints. */
  rateLimit: RateLimit | undefined;
  /** States in the list of incomplete uploads. Default: only `active`. Unknown. */
  listedStates: readonly SessionState[];
  /** Order of the list of incomplete uploads. Default `newest-first`, like the service's other lists. Unknown. */
  listOrder: 'newest-first' | 'oldest-first';
}

const MiB = 1024 * 1024;
const hourMs = 3_600_000;

/** Returns the default switches. */
export function createDefaultSwitches(): TwelveLabsSwitches {
  return {
    chunkSizeBytes: 5 * MiB,
    initialUrls: 10,
    uploadHeaders: { 'Content-Type': 'application/octet-stream' },
    requireUploadHeaders: false,
    singleUse: 'by-attempt',
    urlLifetimeMs: hourMs,
    sessionLifetimeMs: 24 * hourMs,
    rejectedPut: 'keep-alive',
    etag: 'md5',
    wrongEtagChunks: [],
    badReport: 'reject',
    reportAfterCompletion: 'reject',
    countPastEnd: 'reject',
    completedChunkUrls: 'issue',
    requireUserAgent: false,
    completedSession: 'known',
    uploadIdLength: 24,
    expiredSession: 'bad-request',
    completedAfterMs: 0,
    assetReadyAfterMs: 0,
    assetFailure: undefined,
    unfinishedAsset: 'processing',
    maxBytes: { video: 10 * 1024 * MiB, audio: 10 * 1024 * MiB, image: 32 * MiB },
    maxActiveSessions: Number.POSITIVE_INFINITY,
    rateLimit: undefined,
    listedStates: ['active'],
    listOrder: 'newest-first',
  };
}
