/**
 * What the service's documents leave open, and the few of its numbers that a test wants smaller. Each
 * default is the documented value or, where the documents are silent, the strictest likely one, so
 * that a client which passes here is not surprised there.
 */

export type AssetType = 'video' | 'audio' | 'image';

export type SessionState = 'active' | 'completed' | 'failed' | 'expired';

/** A fixed window of calls to the API (uploads of chunks are not counted). */
export interface RateLimit {
  readonly calls: number;
  readonly windowMs: number;
  /** Whether a 429 says `Retry-After`, in seconds to the window's end; no document shows it. */
  readonly retryAfter: boolean;
  /** Whether a 429 bears `X-Ratelimit-*`, which are documented for other endpoints only. */
  readonly headers: boolean;
}

/** All may be changed between calls; a change counts from the next call on. */
export interface TwelveLabsSwitches {
  /**
   * Bytes of a chunk, fixed or by the object's size. Default 5 MiB. Unknown: the service's rule; all
   * of its examples show 5 MiB, whatever the size.
   */
  chunkSizeBytes: number | ((totalSizeBytes: number) => number);
  /**
   * URLs that come with a new session, never more than it has chunks. Default 10. Unknown: how many;
   * the documents say only that they may not cover all chunks.
   */
  initialUrls: number;
  /**
   * `upload_headers` of a new session: what each PUT must bear. Default the octet-stream content type
   * of the documents' example. Unknown: whether there are others.
   */
  uploadHeaders: Readonly<Record<string, string>>;
  /**
   * Whether a PUT without exactly those headers is refused, as a signature that covers them would.
   * Default false. Unknown: whether they are signed; the official helper sends a content type of its
   * own and nothing else.
   */
  requireUploadHeaders: boolean;
  /**
   * What uses a URL up: any PUT that arrives, or only one whose bytes were taken, or nothing. Default
   * `by-attempt`. Unknown: whether the service enforces the single use that it documents; the official
   * helper repeats a failed PUT on the same URL and needs `by-success` or `off`.
   */
  singleUse: 'by-attempt' | 'by-success' | 'off';
  /** Lifetime of a presigned URL; documented as 1 hour. */
  urlLifetimeMs: number;
  /** Lifetime of a session; documented as 24 hours. */
  sessionLifetimeMs: number;
  /**
   * Whether the connection lives on after a PUT refused before its body was read. Default
   * `keep-alive`; with `close` a client may see a reset instead of the status.
   */
  refusedPut: 'keep-alive' | 'close';
  /**
   * What an ETag is. `md5` (default): the MD5 of the bytes, in quotes. `kms`: other 32 hex digits,
   * new for each PUT, and the reply says `aws:kms`. `kms-silent`: the same, unsaid. `opaque`: no hex.
   * `absent`: no ETag header at all. Unknown: the form; S3's MD5 is assumed.
   */
  etag: 'md5' | 'kms' | 'kms-silent' | 'opaque' | 'absent';
  /** Chunks whose ETag is always 32 hex digits that are not their MD5, without a word why. Default none. */
  wrongEtagChunks: readonly number[];
  /**
   * What a report with a wrong proof or size does: the whole report is refused with a 400 (default), or
   * it is taken and those chunks are `failed` from then on. Unknown: which.
   */
  badReport: 'refuse' | 'mark-failed';
  /** What a report to a completed session gets: a 400 (default), or a reply that counts duplicates. Unknown. */
  reportAfterCompletion: 'refuse' | 'count-duplicates';
  /** A request for URLs beyond the last chunk: a 400 (default), or only those that exist. Unknown. */
  countPastEnd: 'refuse' | 'clip';
  /**
   * Whether URLs are given for chunks already completed: `issue` (default), `skip`, or a 400 for any
   * span that holds one (`refuse`). Unknown.
   */
  completedChunkUrls: 'issue' | 'skip' | 'refuse';
  /** Whether a request without a User-Agent is refused with a 403, by both hosts. Default false. */
  requireUserAgent: boolean;
  /**
   * Whether a session is still known after the report that completes it. Default `known`. Unknown:
   * other services forget it.
   */
  completedSession: 'known' | 'not-found';
  /** Hexadecimal digits of an upload id. Default 24, as in the documents' examples. Unknown: the most. */
  uploadIdLength: number;
  /** What an expired session answers to reports and requests for URLs: 400 (default) or 404. Unknown. */
  expiredSession: 'bad-request' | 'not-found';
  /**
   * How long a session stays `active` after the report that completes it. Default 0. Unknown: whether
   * `completed` comes with that report's reply.
   */
  completedAfterMs: number;
  /** How long an asset is `processing` after its session completed. Default 0; seconds to minutes in truth. */
  assetReadyAfterMs: number;
  /** Where set, assets whose bytes complete from now on end `failed` with this text, not `ready`. */
  assetFailure: string | undefined;
  /**
   * What an asset is before its upload completes. Default `processing`, as the SDK's comments say; an
   * older page calls its id reserved and not available.
   */
  unfinishedAsset: 'processing' | 'not-found';
  /**
   * The largest `total_size` by type. Default 10 GiB for video and audio, 32 MiB for images. Unknown:
   * whether the documented GB and MB are binary.
   */
  maxBytes: Readonly<Record<AssetType, number>>;
  /** Active sessions beyond which create answers 429. Default no bound. Unknown: whether there is one. */
  maxActiveSessions: number;
  /** Default none. Unknown: the limits of the multipart endpoints. */
  rateLimit: RateLimit | undefined;
  /** States that the list of incomplete uploads shows. Default only `active`. Unknown. */
  listedStates: readonly SessionState[];
  /** Order of that list. Default `newest-first`, as other lists of the service. Unknown. */
  listOrder: 'newest-first' | 'oldest-first';
}

const MiB = 1024 * 1024;
const hourMs = 3_600_000;

/** The switches as they stand when nobody touches them. */
export function defaultSwitches(): TwelveLabsSwitches {
  return {
    chunkSizeBytes: 5 * MiB,
    initialUrls: 10,
    uploadHeaders: { 'Content-Type': 'application/octet-stream' },
    requireUploadHeaders: false,
    singleUse: 'by-attempt',
    urlLifetimeMs: hourMs,
    sessionLifetimeMs: 24 * hourMs,
    refusedPut: 'keep-alive',
    etag: 'md5',
    wrongEtagChunks: [],
    badReport: 'refuse',
    reportAfterCompletion: 'refuse',
    countPastEnd: 'refuse',
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
