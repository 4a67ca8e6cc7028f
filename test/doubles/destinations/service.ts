import { createHash } from 'node:crypto';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { FaultPlan } from './faults.ts';

/** A control of a server in another process answers later. */
type Eventual<T> = T | Promise<T>;

/** A destination with the test controls of its service. */
export interface TestService {
  readonly destination: Destination;
  readonly faults: FaultPlan;
  /** The SHA-256 of an asset's bytes, in lower-case hex. */
  storedSha256(assetId: string): Promise<string>;
  /** The assets with complete bytes. */
  assetIds(): Eventual<readonly string[]>;
  /** Makes the service forget all unfinished sessions. */
  forgetSessions(): Eventual<void>;
  /** Makes the service forget the asset. */
  deleteAsset(assetId: string): Eventual<void>;
}

/** The options of a service in memory; times are milliseconds. */
export interface ServiceOptions {
  readonly chunkSizeBytes: number;
  /** The largest object, in bytes. */
  readonly maxBytes: number;
  /** The processing time of an asset after its bytes are complete. */
  readonly processingMs?: number;
}

/** The most characters of a filename, from the three services' documents. */
export const maxFilenameLength = 255;

export function hex(algorithm: 'md5' | 'sha256', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
