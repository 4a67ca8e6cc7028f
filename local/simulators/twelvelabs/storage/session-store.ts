import type { SimulatorClock } from '#local/simulators/clock.ts';
import { hexDigits } from '#local/simulators/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type { AssetType, SessionState, TwelveLabsSwitches } from '../settings/switches.ts';
import { ApiRejection } from '../wire/replies.ts';
import type { CreateRequest } from '../wire/requests.ts';
import type { ChunkContent } from './chunk-storage.ts';

export type ChunkState = 'pending' | 'completed' | 'failed';

/** The result of the last PUT of a chunk. */
export interface StoredChunk {
  readonly sizeBytes: number;
  readonly md5: string;
  /** Without quotes. The only proof that a report of this chunk may have. */
  readonly etag: string;
  readonly content: ChunkContent;
}

export interface Chunk {
  readonly index: number;
  readonly sizeBytes: number;
  state: ChunkState;
  stored: StoredChunk | undefined;
  /** When a report of the chunk was accepted, and the ETag at that time. */
  reportedAt: number | undefined;
  reportedEtag: string | undefined;
  updatedAt: number;
  error: string | undefined;
}

/** The asset that a session reserves. Its status follows from these times. */
export interface Asset {
  readonly assetId: string;
  /** When processing ends: in `failed` if there is a failure, else in `ready`. */
  settlesAt: number | undefined;
  failure: string | undefined;
  deleted: boolean;
}

export interface Session {
  readonly uploadId: string;
  readonly asset: Asset;
  readonly filename: string;
  readonly type: AssetType;
  readonly totalSize: number;
  readonly chunkSize: number;
  readonly chunks: readonly Chunk[];
  readonly enableHls: boolean;
  readonly enableThumbnail: boolean;
  readonly userMetadata: CreateRequest['user_metadata'];
  /** The headers that the session's PUTs must have. */
  readonly uploadHeaders: Readonly<Record<string, string>>;
  readonly createdAt: number;
  expiresAt: number;
  updatedAt: number;
  /** When the session becomes `completed`. The report of the last chunk sets it. */
  completesAt: number | undefined;
  failed: boolean;
  /** Whether the service answers 404 for this session. */
  forgotten: boolean;
}

/** Plans the chunks as documented: full chunks, then a shorter one for the rest. */
function chunksOf(totalSize: number, chunkSize: number, now: number): Chunk[] {
  return Array.from({ length: Math.ceil(totalSize / chunkSize) }, (_, i) => ({
    index: i + 1,
    sizeBytes: Math.min(chunkSize, totalSize - i * chunkSize),
    state: 'pending',
    stored: undefined,
    reportedAt: undefined,
    reportedEtag: undefined,
    updatedAt: now,
    error: undefined,
  }));
}

/** All sessions ever created, with their assets. */
export class SessionStore {
  readonly #clock: SimulatorClock;
  readonly #switches: TwelveLabsSwitches;
  readonly #random: Random;
  readonly #byUploadId = new Map<string, Session>();

  constructor(clock: SimulatorClock, switches: TwelveLabsSwitches, random: Random) {
    this.#clock = clock;
    this.#switches = switches;
    this.#random = random;
  }

  /** @throws ApiRejection - 400 above the type's size limit, 429 above the limit of active sessions */
  create(request: CreateRequest): Session {
    this.#checkLimits(request);
    const rule = this.#switches.chunkSizeBytes;
    const chunkSize = typeof rule === 'number' ? rule : rule(request.total_size);
    const session = this.#newSession(request, chunkSize);
    this.#byUploadId.set(session.uploadId, session);
    return session;
  }

  #newSession(request: CreateRequest, chunkSize: number): Session {
    const now = this.#clock.now();
    const assetId = hexDigits(this.#random, 24);
    return {
      uploadId: hexDigits(this.#random, this.#switches.uploadIdLength),
      asset: { assetId, settlesAt: undefined, failure: undefined, deleted: false },
      filename: request.filename,
      type: request.type,
      totalSize: request.total_size,
      chunkSize,
      chunks: chunksOf(request.total_size, chunkSize, now),
      enableHls: request.enable_hls ?? false,
      enableThumbnail: request.enable_thumbnail ?? false,
      userMetadata: request.user_metadata,
      uploadHeaders: { ...this.#switches.uploadHeaders },
      createdAt: now,
      expiresAt: now + this.#switches.sessionLifetimeMs,
      updatedAt: now,
      completesAt: undefined,
      failed: false,
      forgotten: false,
    };
  }

  #checkLimits(request: CreateRequest): void {
    const most = this.#switches.maxBytes[request.type];
    if (request.total_size > most) {
      const text = `The parameter total_size is invalid: ${request.total_size} is over the ${request.type} limit of ${most} bytes.`;
      throw new ApiRejection(400, 'parameter_invalid', text);
    }
    const active = this.all().filter((session) => this.state(session) === 'active').length;
    if (active >= this.#switches.maxActiveSessions) {
      throw new ApiRejection(429, 'too_many_requests', 'Too many active upload sessions.');
    }
  }

  /** Returns all sessions in order of creation, including forgotten sessions. */
  all(): Session[] {
    return [...this.#byUploadId.values()];
  }

  /** Returns a session unless it is unknown or forgotten. */
  find(uploadId: string): Session | undefined {
    const session = this.#byUploadId.get(uploadId);
    return session?.forgotten ? undefined : session;
  }

  /** Returns a session, also a forgotten one. @throws Error - no session ever had this id */
  known(uploadId: string): Session {
    const session = this.#byUploadId.get(uploadId);
    if (!session) throw new Error(`Unknown upload "${uploadId}": the simulator never created it.`);
    return session;
  }

  /** Returns the session that reserved an asset. */
  reserving(assetId: string): Session | undefined {
    return this.all().find((session) => session.asset.assetId === assetId);
  }

  /** Returns the session of an asset. @throws Error - no asset ever had this id */
  knownByAsset(assetId: string): Session {
    const session = this.reserving(assetId);
    if (!session) throw new Error(`Unknown asset "${assetId}": the simulator never created it.`);
    return session;
  }

  state(session: Session): SessionState {
    const now = this.#clock.now();
    if (session.failed) return 'failed';
    if (session.completesAt !== undefined) {
      return now >= session.completesAt ? 'completed' : 'active';
    }
    return now >= session.expiresAt ? 'expired' : 'active';
  }

  /** Returns whether a session accepts bytes and reports: it is active and not all chunks are reported. */
  isOpen(session: Session): boolean {
    return session.completesAt === undefined && this.state(session) === 'active';
  }

  /** Schedules the states `completed` and, for the asset, `ready` or `failed`. */
  complete(session: Session): void {
    session.completesAt = this.#clock.now() + this.#switches.completedAfterMs;
    if (session.asset.settlesAt !== undefined) return;
    session.asset.settlesAt = session.completesAt + this.#switches.assetReadyAfterMs;
    session.asset.failure = this.#switches.assetFailure;
  }

  /** Cancels a scheduled completion. @throws Error - the session is completed */
  reopen(session: Session): void {
    if (this.state(session) === 'completed') {
      throw new Error(
        `The upload "${session.uploadId}" is completed: its chunks can no longer fail.`,
      );
    }
    if (session.completesAt !== undefined) session.asset.settlesAt = undefined;
    session.completesAt = undefined;
  }

  /** Marks a chunk as failed and deletes its bytes. The client must send and report it again. */
  failChunk(session: Session, index: number, error: string): void {
    const chunk = this.#chunk(session, index);
    void chunk.stored?.content.drop();
    chunk.stored = undefined;
    chunk.state = 'failed';
    chunk.reportedAt = undefined;
    chunk.reportedEtag = undefined;
    chunk.error = error;
    this.touch(session, chunk);
  }

  /** Stores a chunk's bytes. The last write wins. */
  storeChunk(session: Session, index: number, stored: StoredChunk): void {
    const chunk = this.#chunk(session, index);
    void chunk.stored?.content.drop();
    chunk.stored = stored;
    if (chunk.state === 'failed') chunk.state = 'pending';
    chunk.error = undefined;
    this.touch(session, chunk);
  }

  touch(session: Session, chunk: Chunk): void {
    chunk.updatedAt = this.#clock.now();
    session.updatedAt = chunk.updatedAt;
  }

  #chunk(session: Session, index: number): Chunk {
    const chunk = session.chunks[index - 1];
    if (!chunk) throw new Error(`Unknown chunk ${index} of the upload "${session.uploadId}".`);
    return chunk;
  }
}
