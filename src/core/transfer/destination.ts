import type { MediaType, SourceObject } from '#src/core/source/source-object.ts';
import type { Chunk } from './chunk-plan.ts';
import type { ChunkProof } from './chunk-proof.ts';
import type { UserMetadata } from './user-metadata.ts';

/** How a destination wants to be called. The engine branches on these, never on a service's name. */
export interface DestinationTraits {
  /** Whether a session exists before its first chunk, or is born in that chunk's answer. */
  readonly sessionCreatedBy: 'open' | 'first-chunk';
  /** Who decides the chunk size; the engine always uses the session's. */
  readonly chunkSizing: 'service' | 'negotiated' | 'caller';
  /** `ascending` means one chunk in flight, each after the one before it. */
  readonly order: 'any' | 'ascending';
  /** The most chunks in flight for one session, whatever the engine would like. */
  readonly maxInFlight: number;
  /** Proofs one report takes; 0 where the service wants no report. */
  readonly maxProofsPerReport: number;
  /** Whether the service finishes by itself after the last report, or must be told. */
  readonly finish: 'on-last-report' | 'explicit';
  /** A digest of the whole object that `finish` needs. */
  readonly wholeDigest: 'none' | 'md5';
  /** Whether the service can say how each chunk of a session stands. */
  readonly chunkStates: boolean;
}

/** What the service takes of one media type. */
export interface DestinationLimits {
  readonly maxBytes: number;
  /** In characters. */
  readonly maxFilenameLength: number;
}

/** What the service is told when a session is opened. */
export interface SessionRequest {
  readonly source: SourceObject;
  readonly mediaType: MediaType;
  readonly filename: string;
  readonly userMetadata?: UserMetadata | undefined;
  readonly enableHls?: boolean | undefined;
  readonly enableThumbnail?: boolean | undefined;
}

/** An upload session, as kept in its row. It never holds a presigned URL or a key. */
export interface UploadSession {
  /** Empty until the first chunk where `sessionCreatedBy` is `first-chunk`. */
  readonly uploadId: string;
  readonly assetId?: string | undefined;
  /** Bytes of every chunk but the last. */
  readonly chunkSizeBytes: number;
  readonly totalChunks: number;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** What no later call returns, such as the headers to send with each chunk. */
  readonly details: Readonly<Record<string, string>>;
}

/** The bytes of one chunk; `open` starts one reading of them and may be called again. */
export interface ChunkBody {
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

/** What came back for one chunk. */
export interface ChunkDelivery {
  readonly proof: string;
  /** `etag`: the proof may be the MD5 of the bytes and is judged; `none`: nothing to judge. */
  readonly evidence: 'etag' | 'none';
  /** The storage's word on its encryption, where it gave one. */
  readonly encryption?: string | undefined;
  /** The session as it now stands, where the chunk changed it (`ascending` only). */
  readonly session?: UploadSession | undefined;
  /** Where the bytes went: a host name, never a URL. */
  readonly host?: string | undefined;
}

/** What the service made of one report. */
export interface ReportReceipt {
  /** Accepted for the first time by this report. */
  readonly accepted: number;
  /** Reported before; harmless. */
  readonly duplicates: number;
  /** Whether this report completed the upload. */
  readonly complete: boolean;
}

/** `busy` is a state that the adapter does not know: the service is still working on the chunk. */
export type ChunkState = 'completed' | 'pending' | 'failed' | 'busy';

/** The states of some chunks, by index. */
export interface ChunkStatePage {
  readonly states: ReadonlyMap<number, ChunkState>;
  /** The page to ask for next, absent on the last page. */
  readonly nextPage?: number | undefined;
}

/**
 * The state of a session. `expired` includes a session that the service does not know. `busy` is a
 * status that the adapter does not know: the service is still working on the session.
 */
export interface SessionStatus {
  readonly phase: 'active' | 'busy' | 'completed' | 'failed' | 'expired';
  /** Absent where the service does not count. */
  readonly counts?: Readonly<Record<'completed' | 'pending' | 'failed', number>> | undefined;
  /** The service's own words, where it gave some. */
  readonly reason?: string | undefined;
}

/**
 * The state of an asset: `missing` when the service does not know it, `processing` also for a status
 * that the adapter does not know.
 */
export interface AssetStatus {
  readonly phase: 'processing' | 'ready' | 'failed' | 'missing';
  readonly reason?: string | undefined;
}

/** An unfinished session as the service lists it. */
export interface ListedSession {
  readonly uploadId: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
}

/** The account's unfinished sessions, of other clients' too. */
export interface UnfinishedSessions {
  readonly sessions: readonly ListedSession[];
  /** Whether there may be more than were read. */
  readonly truncated: boolean;
}

/** Bounds of one call. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/**
 * A service that takes chunked uploads. The adapter owns every HTTP request: the engine sees no URL,
 * header or status. Every method throws only `TransferError`s and retries nothing itself; the
 * engine does, and honours `retryAfterSeconds`.
 */
export interface Destination {
  /** Stable name of service and server, part of a transfer's identity. */
  readonly identity: string;
  readonly traits: DestinationTraits;
  limits(mediaType: MediaType): DestinationLimits;
  /**
   * Opens a session: the one call whose repeat can leave something behind, so its errors tell three
   * cases apart.
   * @throws CreateReplyLostError - the request may have taken effect: no reply, or one that neither
   *   confirms nor refuses (500, 502, 504, 408). Look at the unfinished sessions before the next try.
   * @throws NetworkError, RequestTimeoutError - the request was surely not sent: no address, no
   *   connection. Repeat it.
   * @throws ThrottledError, ServiceUnavailableError - the service refused in words (429, 503, 409,
   *   423, 425) and created nothing. Repeat it.
   */
  openSession(request: SessionRequest, options: CallOptions): Promise<UploadSession>;
  /** Told which chunks come next, so that one call can fetch what they need; kept in memory only. */
  prepareChunks(
    session: UploadSession,
    indexes: readonly number[],
    options: CallOptions,
  ): Promise<void>;
  /**
   * Sends one chunk once, on an address never used before.
   * @throws PresignedUrlRejectedError - the address was refused (expired or used)
   * @throws SessionExpiredError - the service does not know or no longer takes the session
   */
  sendChunk(
    session: UploadSession,
    chunk: Chunk,
    body: ChunkBody,
    options: CallOptions,
  ): Promise<ChunkDelivery>;
  /**
   * Reports at most `maxProofsPerReport` proofs. Repeating it is harmless while the session is active;
   * a service may refuse to hear a completed one again.
   */
  reportProofs(
    session: UploadSession,
    proofs: readonly ChunkProof[],
    options: CallOptions,
  ): Promise<ReportReceipt>;
  /** Where `finish` is explicit: ends the upload and returns the session with its asset id. */
  finish(
    session: UploadSession,
    proofs: readonly ChunkProof[],
    digest: string | undefined,
    options: CallOptions,
  ): Promise<UploadSession>;
  sessionStatus(session: UploadSession, options: CallOptions): Promise<SessionStatus>;
  /**
   * Returns one page of the chunks' states; only where `traits.chunkStates`. A chunk that no page
   * lists is pending.
   * @param page - 1 for the first page, then each page's `nextPage`
   */
  chunkStates(session: UploadSession, page: number, options: CallOptions): Promise<ChunkStatePage>;
  assetStatus(assetId: string, options: CallOptions): Promise<AssetStatus>;
  /** Lists the sessions that are not finished; absent where the service can't say. */
  listUnfinished?(options: CallOptions): Promise<UnfinishedSessions>;
}
