import { createHash } from 'node:crypto';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { FaultPlan } from './faults.ts';

/** A destination together with the levers of the service behind it. */
export interface TestService {
  readonly destination: Destination;
  readonly faults: FaultPlan;
  /** Of the bytes that an asset was made of, lower-case hex. */
  storedSha256(assetId: string): Promise<string>;
  /** Assets whose bytes are complete. */
  assetIds(): readonly string[];
  /** From now on the service knows none of the sessions that are unfinished. */
  forgetSessions(): void;
  /** From now on the service does not know the asset. */
  deleteAsset(assetId: string): void;
}

/** How a service in memory is set up; times are milliseconds. */
export interface ServiceOptions {
  readonly chunkSizeBytes: number;
  /** The largest object, in bytes. */
  readonly maxBytes: number;
  /** How long an asset is processed once its bytes are complete. */
  readonly processingMs?: number;
}

/** Characters of a filename: what the three services' documents say. */
export const maxFilenameLength = 255;

export function hex(algorithm: 'md5' | 'sha256', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
