import type { SourceObject } from '#src/core/source/source-object.ts';
import type { Chunk } from './chunk-plan.ts';
import type { ChunkProof } from './chunk-proof.ts';
import {
  type DestinationOptions,
  destinationOptionsOf,
  type TransferOptions,
} from './transfer-options.ts';

/** How a destination is called. The engine branches on these traits, never on a service's name. */
export interface DestinationTraits {
  /** Which call creates a session: opening it, or its first chunk. */
  readonly sessionCreatedBy: 'open' | 'first-chunk';
  /** `ascending`: one chunk in flight, in order of the index. */
  readonly order: 'any' | 'ascending';
  /** The service's limit on chunks in flight in one session. */
  readonly maxInFlight: number;
  /** Chunks of one call of `prepareChunks`. Default: the engine's own number, which a service must accept. */
  readonly chunksPerPage?: number | undefined;
  /** Proofs in one report; 0 if the service accepts no reports. */
  readonly maxProofsPerReport: number;
  /** Whether the last report completes the upload, or an explicit call of `finish`. */
  readonly finish: 'on-last-report' | 'explicit';
  /** Set if a repeated `finish` may make a second asset. The engine then never repeats it blindly. */
  readonly finishOnce?: true | undefined;
  /** The digest of the whole object that `finish` needs. */
  readonly wholeDigest: 'none' | 'md5';
  /** Whether the service returns the states of a session's chunks. */
  readonly chunkStates: boolean;
}

/** What a destination reads of an object to decide whether it takes the object. */
export type ObjectFacts = Pick<SourceObject, 'key' | 'contentType' | 'mediaType'> & {
  readonly sizeBytes?: number | undefined;
};

/** An object that a destination takes, if it is not too large. */
export interface AcceptedObject {
  /** The kind of the object at the service, such as "video" or "document". */
  readonly kind: string;
  /** The size limit of this kind, in bytes. The engine rejects a larger object. */
  readonly maxBytes: number;
  /** In characters. The engine shortens a longer filename. */
  readonly maxFilenameLength: number;
}

/** The request to open a session. */
export interface SessionRequest {
  readonly source: SourceObject;
  /** The kind that `accept` returned. */
  readonly kind: string;
  readonly filename: string;
  /** The destination's own options of this transfer, as its schema returned them. */
  readonly options: DestinationOptions;
}

/** An upload session as stored in its row. It never contains a presigned URL or a key. */
export interface UploadSession {
  /** Empty until the first chunk if `sessionCreatedBy` is `first-chunk`. */
  readonly uploadId: string;
  /** If `finish` is explicit, absent until `finish` returns it: with an asset id, the upload counts as finished. */
  readonly assetId?: string | undefined;
  /** Bytes of every chunk except the last. */
  readonly chunkSizeBytes: number;
  readonly totalChunks: number;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** The service's limit on chunks in flight in this session, if it is lower than the trait. */
  readonly maxInFlight?: number | undefined;
  /** The MD5 of all bytes, if one call sent them all and the destination needs it. */
  readonly md5?: string | undefined;
  /** Values that no later call returns, such as the headers of each chunk. */
  readonly details: Readonly<Record<string, string>>;
}

/** Returns the identity of a transfer with these options. */
export function identityOf(
  destination: Pick<Destination, 'identity' | 'identityOf'>,
  options: TransferOptions,
): string {
  return destination.identityOf?.(destinationOptionsOf(options)) ?? destination.identity;
}

/** Returns how many chunks of a session may be in flight at the service. */
export function maxInFlightOf(
  { order, maxInFlight }: DestinationTraits,
  session: Pick<UploadSession, 'maxInFlight'>,
): number {
  if (order === 'ascending') return 1;
  return Math.max(1, Math.min(maxInFlight, session.maxInFlight ?? maxInFlight));
}

/** The bytes of one chunk. Each call of `open` starts a new read. */
export interface ChunkBody {
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

/** The reply to one chunk. */
export interface ChunkDelivery {
  /** The service's ETag. Without an ETag, any text that shows what arrived, such as the offset after the chunk. */
  readonly proof: string;
  /** `etag`: the proof may be the MD5 of the bytes and is checked. `none`: it cannot be checked. */
  readonly evidence: 'etag' | 'none';
  /** The storage's encryption, as its reply names it. */
  readonly encryption?: string | undefined;
  /** The session after this chunk, if the chunk changed it (`ascending` only). */
  readonly session?: UploadSession | undefined;
  /** The host name of the upload host, never a URL. */
  readonly host?: string | undefined;
}

/** The reply to one report. */
export interface ReportReceipt {
  /** Chunks that this report made accepted. */
  readonly accepted: number;
  /** Chunks that an earlier report made accepted. */
  readonly duplicates: number;
  /** Whether the upload is complete. */
  readonly complete: boolean;
}

/** `busy`: a state unknown to the adapter. The service is still working on the chunk. */
export type ChunkState = 'completed' | 'pending' | 'failed' | 'busy';

/** One page of chunk states, by index. */
export interface ChunkStatePage {
  readonly states: ReadonlyMap<number, ChunkState>;
  /** The number of the next page; absent on the last page. */
  readonly nextPage?: number | undefined;
}

/**
 * The status of a session. `expired` includes a session unknown to the service. `busy`: a status unknown
 * to the adapter. The service is still working on the session.
 */
export interface SessionStatus {
  readonly phase: 'active' | 'busy' | 'completed' | 'failed' | 'expired';
  /** Chunks by state; absent if the service does not count them. */
  readonly counts?: Readonly<Record<'completed' | 'pending' | 'failed', number>> | undefined;
  /** The message of the service. */
  readonly reason?: string | undefined;
}

/** The status of an asset. `missing`: unknown to the service. `processing` includes unknown statuses. */
export interface AssetStatus {
  readonly phase: 'processing' | 'ready' | 'failed' | 'missing';
  readonly reason?: string | undefined;
}

/** An unfinished session in the service's list. */
export interface ListedSession {
  readonly uploadId: string;
  /** Absent if the service does not list it. */
  readonly sizeBytes?: number | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
}

/** The unfinished sessions of the account, including those of other clients. */
export interface UnfinishedSessions {
  readonly sessions: readonly ListedSession[];
  /** Whether the list may be incomplete. */
  readonly truncated: boolean;
}

/** Options of one call. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/**
 * A service that accepts chunked uploads. The adapter makes every HTTP request: the engine sees no URL,
 * header or status. Every method throws `TransferError`s only and retries nothing. The engine retries,
 * and honours `retryAfterSeconds`.
 */
export interface Destination {
  /** The stable name of service, server and, if there is one, the place there. Transfer ids contain it. */
  readonly identity: string;
  /** Returns the identity of a transfer whose options choose another place; absent if no option does. */
  identityOf?(options: DestinationOptions): string;
  readonly traits: DestinationTraits;
  /**
   * Returns the kind and the limits of an object, without a call. Each destination has its own media rules. An
   * event of an object of another type is ignored; a manual start of it fails.
   * @throws SourceTypeUnsupportedError - the service does not take objects of this type
   */
  accept(object: ObjectFacts): AcceptedObject;
  /**
   * Opens a session. A repeated call can create a second session, so the errors separate three cases.
   * @throws CreateReplyLostError - the session may exist: no reply, or an ambiguous reply (500, 502,
   *   504, 408). List the unfinished sessions before the next try.
   * @throws NetworkError, RequestTimeoutError - the request was not sent: no address or no connection.
   *   Repeat the call.
   * @throws ThrottledError, ServiceUnavailableError - the service rejected the call (429, 503, 409,
   *   423, 425) and created nothing. Repeat the call.
   */
  openSession(request: SessionRequest, options: CallOptions): Promise<UploadSession>;
  /** Fetches what the next chunks need, such as presigned URLs, by one call. Stores it in memory only. */
  prepareChunks(
    session: UploadSession,
    indexes: readonly number[],
    options: CallOptions,
  ): Promise<void>;
  /**
   * Fetches what one chunk needs, by one call, just before the chunk is sent. Present if the service has
   * one call for each chunk; `prepareChunks` then does nothing. The rate limiter makes this call, so that
   * it counts as a call of the API. Without it, `sendChunk` makes the call itself.
   */
  prepareChunk?(session: UploadSession, index: number, options: CallOptions): Promise<void>;
  /**
   * Sends one chunk once, to an address that was never used before. Reads the body to its end even if the
   * service holds the chunk already: the engine needs the digests of all bytes. If the service holds a part of
   * the chunk, the adapter may open the body again and send the rest.
   * @throws PresignedUrlRejectedError - the address is expired or was used
   * @throws SessionExpiredError - the session is unknown to the service or closed
   */
  sendChunk(
    session: UploadSession,
    chunk: Chunk,
    body: ChunkBody,
    options: CallOptions,
  ): Promise<ChunkDelivery>;
  /**
   * Reports at most `maxProofsPerReport` proofs. Repeated reports have no effect on an active session.
   * A service may reject reports of a completed session.
   */
  reportProofs(
    session: UploadSession,
    proofs: readonly ChunkProof[],
    options: CallOptions,
  ): Promise<ReportReceipt>;
  /**
   * Completes the upload if `finish` is explicit. Returns the session with its asset id.
   * @throws RequestRejectedError - a chunk has no proof, or the service holds other bytes
   */
  finish(
    session: UploadSession,
    proofs: readonly ChunkProof[],
    digest: string | undefined,
    options: CallOptions,
  ): Promise<UploadSession>;
  /**
   * Returns the status of a session. If `finish` is explicit, ConfirmUpload calls it once every chunk has a proof,
   * whether the phase is `active` or `completed`.
   */
  sessionStatus(session: UploadSession, options: CallOptions): Promise<SessionStatus>;
  /**
   * Returns one page of the chunks' states. Requires `traits.chunkStates`. A chunk that is on no page is
   * pending.
   * @param page - 1 for the first page, then each page's `nextPage`
   */
  chunkStates(session: UploadSession, page: number, options: CallOptions): Promise<ChunkStatePage>;
  assetStatus(assetId: string, options: CallOptions): Promise<AssetStatus>;
  /**
   * Fails as a transfer would if the key, the server or the settings are wrong. It makes one call and changes
   * nothing. Absent if the service has no such call.
   */
  checkAccess?(options: CallOptions): Promise<void>;
  /** Lists the unfinished sessions; absent if the service cannot list them. */
  listUnfinished?(options: CallOptions): Promise<UnfinishedSessions>;
  /**
   * Ends a session and deletes its chunks; absent if the service has no such call. An unknown session is no
   * error. Call it only for a transfer that will not continue.
   * @throws RequestRejectedError - the upload is complete. If the service would delete a complete upload, ask for
   *   its status first.
   */
  abortSession?(session: UploadSession, options: CallOptions): Promise<void>;
}
