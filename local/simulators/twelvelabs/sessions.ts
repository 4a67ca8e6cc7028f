import type { Random } from '#src/core/ports/clock.ts';
import { hexDigits } from './randomness.ts';
import type { SimulatorClock } from './real-clock.ts';
import { ApiRefusal } from './replies.ts';
import type { CreateRequest } from './requests.ts';
import type { ChunkContent } from './storage.ts';
import type { AssetType, SessionState, TwelveLabsSwitches } from './switches.ts';

export type ChunkState = 'pending' | 'completed' | 'failed';

/** What the last PUT of a chunk left behind. */
export interface StoredChunk {
  readonly sizeBytes: number;
  readonly md5: string;
  /** Without quotes; the only proof that a report of this chunk is accepted with. */
  readonly etag: string;
  readonly content: ChunkContent;
}

export interface Chunk {
  readonly index: number;
  readonly sizeBytes: number;
  state: ChunkState;
  stored: StoredChunk | undefined;
  /** When a report of it was accepted, and the ETag that it held then. */
  reportedAt: number | undefined;
  reportedEtag: string | undefined;
  updatedAt: number;
  error: string | undefined;
}

/** The asset that a session reserves; its status follows from these times. */
export interface Asset {
  readonly assetId: string;
  /** When processing ends, in `ready` or, with a failure, in `failed`. */
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
  /** The headers that this session's PUTs are to bear. */
  readonly uploadHeaders: Readonly<Record<string, string>>;
  readonly createdAt: number;
  expiresAt: number;
  updatedAt: number;
  /** When it becomes `completed`; set by the report that completes it. */
  completesAt: number | undefined;
  failed: boolean;
  /** The service denies that it exists. */
  forgotten: boolean;
}

/** The documented sum: as many whole chunks as fit, and a shorter one for the rest. */
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

/** All sessions ever created, and through them all assets. */
export class SessionBook {
  readonly #clock: SimulatorClock;
  readonly #switches: TwelveLabsSwitches;
  readonly #random: Random;
  readonly #byUploadId = new Map<string, Session>();

  constructor(clock: SimulatorClock, switches: TwelveLabsSwitches, random: Random) {
    this.#clock = clock;
    this.#switches = switches;
    this.#random = random;
  }

  /** @throws ApiRefusal - 400 above the type's size limit, 429 above the bound of active sessions */
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
      throw new ApiRefusal(400, 'parameter_invalid', text);
    }
    const active = this.all().filter((session) => this.state(session) === 'active').length;
    if (active >= this.#switches.maxActiveSessions) {
      throw new ApiRefusal(429, 'too_many_requests', 'Too many active upload sessions.');
    }
  }

  /** In order of creation, forgotten ones included. */
  all(): Session[] {
    return [...this.#byUploadId.values()];
  }

  /** A session that the service owns up to. */
  find(uploadId: string): Session | undefined {
    const session = this.#byUploadId.get(uploadId);
    return session?.forgotten ? undefined : session;
  }

  /** @throws Error - no session ever had this id */
  known(uploadId: string): Session {
    const session = this.#byUploadId.get(uploadId);
    if (!session) throw new Error(`the simulator never had the upload ${uploadId}`);
    return session;
  }

  /** The session that reserved an asset. */
  reserving(assetId: string): Session | undefined {
    return this.all().find((session) => session.asset.assetId === assetId);
  }

  /** @throws Error - no asset ever had this id */
  knownByAsset(assetId: string): Session {
    const session = this.reserving(assetId);
    if (!session) throw new Error(`the simulator never had the asset ${assetId}`);
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

  /** Whether it still takes bytes and reports: active, and not yet on its way to completed. */
  isOpen(session: Session): boolean {
    return session.completesAt === undefined && this.state(session) === 'active';
  }

  /** Starts the way to `completed` and, from there, to a ready or failed asset. */
  complete(session: Session): void {
    session.completesAt = this.#clock.now() + this.#switches.completedAfterMs;
    if (session.asset.settlesAt !== undefined) return;
    session.asset.settlesAt = session.completesAt + this.#switches.assetReadyAfterMs;
    session.asset.failure = this.#switches.assetFailure;
  }

  /** Takes back a completion that has not come to pass. @throws Error - it has */
  reopen(session: Session): void {
    if (this.state(session) === 'completed') {
      throw new Error(
        `the upload ${session.uploadId} is completed: its chunks can't fail any more`,
      );
    }
    if (session.completesAt !== undefined) session.asset.settlesAt = undefined;
    session.completesAt = undefined;
  }

  /** Calls a chunk failed and forgets its bytes: it has to be sent, not only reported, again. */
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

  /** Keeps a chunk's bytes in place of earlier ones: the last write wins. */
  keep(session: Session, index: number, stored: StoredChunk): void {
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
    if (!chunk) throw new Error(`the upload ${session.uploadId} has no chunk ${index}`);
    return chunk;
  }
}
