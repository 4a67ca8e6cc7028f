import type { Disposition, ErrorName, ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import type { ChunkProof, EtagMode } from './chunk-proof.ts';
import type { UploadSession } from './destination.ts';
import type { RetryCounts } from './transfer-row.ts';

/**
 * A session's row. `opening` without a session: the create reply may be lost. `rejected`: the service
 * rejected the create call and created nothing.
 */
export interface SessionRecord {
  readonly number: number;
  /** The execution and fence of the create call. */
  readonly attemptId: string;
  readonly openedAt: number;
  readonly state: 'opening' | 'open' | 'rejected' | 'lost' | 'replaced';
  readonly session?: UploadSession | undefined;
  /** Into how many ranges the session is split. Set with `session`, and never changed. */
  readonly rangeCount?: number | undefined;
  readonly etagMode: EtagMode;
  /** Chunks that mismatched twice. */
  readonly mismatched: readonly number[];
  /** Indexes of the chunks that the replies to reports accepted. */
  readonly acceptedIndexes?: readonly number[] | undefined;
  /** Whether the reply to a report called the upload complete. */
  readonly reportedComplete?: boolean | undefined;
  /** The call that requested the completion, at a service where it must not be repeated. */
  readonly finishClaim?: string | undefined;
}

/** A chunk's row. A retired proof stays in the row, with the reason, until a new proof replaces it. */
export interface ChunkRecord extends ChunkProof {
  readonly generation: number;
  readonly retiredBecause?: string | undefined;
  /** Repeated reports while the chunk stayed pending. */
  readonly reports: number;
}

/** The last error of a range, with its execution and round. */
export interface RangeFailure {
  readonly name: ErrorName;
  readonly disposition: Disposition;
  readonly message: string;
  readonly origin?: ErrorOrigin | undefined;
  readonly executionId: string;
  readonly round: number;
  /** The end of the Retry-After, in milliseconds since 1970. */
  readonly retryAt?: number | undefined;
}

/** A range's row: its sender, the end of the sender's claim, and the last error. */
export interface RangeRecord {
  readonly n: number;
  readonly sender?: string | undefined;
  readonly claimUntil?: number | undefined;
  readonly error?: RangeFailure | undefined;
  readonly retries: RetryCounts;
}

/** True if a chunk's row has a proof that is not retired. */
export function isProven(record: ChunkRecord | undefined): record is ChunkRecord {
  return record !== undefined && record.retiredBecause === undefined;
}

/** Returns the number of chunks with a proof. */
export function provenCount(rows: ReadonlyMap<number, ChunkRecord>): number {
  return rows.values().filter(isProven).toArray().length;
}
