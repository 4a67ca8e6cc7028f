import type { AssetState } from './assets.ts';
import type { CallLog } from './call-log.ts';
import type { FaultPlan } from './faults.ts';
import type { SimulatorClock } from './real-clock.ts';
import type { ChunkState } from './sessions.ts';
import type { StoreMode } from './storage.ts';
import type { AssetType, SessionState, TwelveLabsSwitches } from './switches.ts';

/** How to start a simulator; any switch may be set from the start. */
export interface TwelveLabsOptions extends Partial<TwelveLabsSwitches> {
  /** Every deadline is judged by it when a request comes. Default: the machine's time. */
  readonly clock?: SimulatorClock;
  /** Where bytes go. Default `file`. */
  readonly store?: StoreMode;
  /** A folder for `file` to make its own in. Default: the system's for temporary files. */
  readonly directory?: string;
  /** The one key it takes. Default: `simulatedApiKey`. */
  readonly apiKey?: string;
  /** The origin of presigned URLs, where a proxy stands before the upload host. Default: the host's own. */
  readonly presignedOrigin?: string;
  /** Makes ids, URLs and opaque ETags repeat from run to run. Default: new ones each time. */
  readonly seed?: number;
}

export interface ChunkSnapshot {
  readonly index: number;
  readonly state: ChunkState;
  /** Bytes it should have. */
  readonly sizeBytes: number;
  /** What its last PUT brought, reported or not. */
  readonly stored:
    | { readonly sizeBytes: number; readonly md5: string; readonly etag: string }
    | undefined;
  readonly error: string | undefined;
}

export interface SessionSnapshot {
  readonly uploadId: string;
  readonly assetId: string;
  readonly state: SessionState;
  readonly filename: string;
  readonly type: AssetType;
  readonly totalSize: number;
  readonly chunkSize: number;
  readonly totalChunks: number;
  readonly enableHls: boolean;
  readonly enableThumbnail: boolean;
  readonly userMetadata: Readonly<Record<string, string | number | boolean | string[]>> | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly forgotten: boolean;
  readonly chunks: readonly ChunkSnapshot[];
}

/** An asset whose session completed, or that was settled or deleted by hand. */
export interface AssetSnapshot {
  readonly assetId: string;
  readonly uploadId: string;
  readonly state: AssetState;
  readonly filename: string;
  readonly sizeBytes: number;
  /** Why it failed. */
  readonly failure: string | undefined;
  readonly deleted: boolean;
}

/**
 * A TwelveLabs on the loopback address, as its documents describe it: the multipart upload API, the
 * assets it leaves, and the S3-like host that takes the chunks. Its methods are for tests; the wire is
 * for clients. Methods that name an upload, an asset or a chunk throw if there never was one.
 */
export interface TwelveLabsSimulator {
  /** `http://127.0.0.1:PORT/v1.3` */
  readonly baseUrl: string;
  /** Where the upload host listens, another port than the API's. Presigned URLs point here by default. */
  readonly uploadOrigin: string;
  readonly apiKey: string;
  /** May be changed between calls. */
  readonly switches: TwelveLabsSwitches;
  readonly faults: FaultPlan;
  readonly calls: CallLog;
  /** All sessions, in order of creation. */
  sessions(): SessionSnapshot[];
  assets(): AssetSnapshot[];
  /** Of the asset's chunks in order, lower-case hex. @throws Error - a chunk is missing, or bytes are discarded */
  storedSha256(assetId: string): Promise<string>;
  /** Ends a session's time now. */
  expireSession(uploadId: string): void;
  /** Makes a session `failed`. */
  failSession(uploadId: string): void;
  /** Answers 404 to all that name the session, until it is recalled. */
  dropSession(uploadId: string): void;
  recallSession(uploadId: string): void;
  /** Calls a chunk failed and drops its bytes: it has to be sent again. @throws Error - its session is completed */
  failChunk(uploadId: string, index: number, error: string): void;
  /** Ends an asset in `failed` now. */
  failAsset(assetId: string, message: string): void;
  /** Ends an asset in `ready` now. */
  makeReady(assetId: string): void;
  /** As if its owner had deleted it: 404 from now on. */
  deleteAsset(assetId: string): void;
  /** Cuts all connections, frees both ports and removes the files; a second call changes nothing. */
  close(): Promise<void>;
}
