import type { SimulatorClock } from '#local/simulators/clock.ts';
import type { FaultPlan } from './faults/fault-plan.ts';
import type { AssetType, SessionState, TwelveLabsSwitches } from './settings/switches.ts';
import type { AssetState } from './storage/assets.ts';
import type { StoreMode } from './storage/chunk-storage.ts';
import type { ChunkState } from './storage/session-store.ts';
import type { CallLog } from './wire/call-log.ts';

/** The options of a simulator. They include all switches. */
export interface TwelveLabsOptions extends Partial<TwelveLabsSwitches> {
  /** Clock of all deadlines. They are checked when a request arrives. Default: the system clock. */
  readonly clock?: SimulatorClock;
  /** Where bytes are stored. Default `file`. */
  readonly store?: StoreMode;
  /** Parent of the folder that `file` creates. Default: the system's folder for temporary files. */
  readonly directory?: string;
  /** The only accepted key. Default: `simulatedApiKey`. */
  readonly apiKey?: string;
  /** The origin of presigned URLs, for a proxy in front of the upload host. Default: the host's own. */
  readonly presignedOrigin?: string;
  /** Makes ids, URLs and opaque ETags reproducible. Default: random. */
  readonly seed?: number;
}

export interface ChunkSnapshot {
  readonly index: number;
  readonly state: ChunkState;
  /** Planned size. */
  readonly sizeBytes: number;
  /** The result of its last PUT, reported or not. */
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

/** An asset whose session completed, or that a test ended or deleted. */
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
 * A simulated TwelveLabs on loopback, as its documentation describes it: the multipart upload API, the
 * assets, and the S3-like host for chunks. Clients use the wire; the methods are for tests. A method
 * throws for an unknown upload, asset or chunk.
 */
export interface TwelveLabsSimulator {
  /** `http://127.0.0.1:PORT/v1.3` */
  readonly baseUrl: string;
  /** Origin of the upload host, on its own port. Presigned URLs use it by default. */
  readonly uploadOrigin: string;
  readonly apiKey: string;
  /** Can be changed between calls. */
  readonly switches: TwelveLabsSwitches;
  readonly faults: FaultPlan;
  readonly calls: CallLog;
  /** All sessions, in order of creation. */
  sessions(): SessionSnapshot[];
  assets(): AssetSnapshot[];
  /** Returns the SHA-256 of the asset's chunks in order, in lower-case hex. @throws Error - a chunk is missing, or bytes are discarded */
  storedSha256(assetId: string): Promise<string>;
  /** Expires a session now. */
  expireSession(uploadId: string): void;
  /** Makes a session `failed`. */
  failSession(uploadId: string): void;
  /** Makes the service answer 404 for a session. */
  dropSession(uploadId: string): void;
  /** Reverses `dropSession`. */
  recallSession(uploadId: string): void;
  /** Marks a chunk as failed and deletes its bytes. The client must send it again. @throws Error - its session is completed */
  failChunk(uploadId: string, index: number, error: string): void;
  /** Ends the processing of an asset in `failed` now. */
  failAsset(assetId: string, message: string): void;
  /** Ends the processing of an asset in `ready` now. */
  makeReady(assetId: string): void;
  /** Deletes an asset as its owner would. The service answers 404 from now on. */
  deleteAsset(assetId: string): void;
  /** Closes all connections, frees both ports and removes the files. Idempotent. */
  close(): Promise<void>;
}
