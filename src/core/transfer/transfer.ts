import type { Disposition, ErrorName, ErrorOrigin } from '#src/core/errors/errors.ts';
import type { Priority } from '#src/core/queue/queue.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { ChunkProof, EtagMode } from './chunk-proof.ts';
import type { UploadSession } from './destination.ts';
import type { UserMetadata } from './user-metadata.ts';

/**
 * The states of a transfer. A `queued` transfer waits for a slot, without an execution. An execution owns
 * an `active` transfer. All other states are final. `cancelled`: stopped on purpose. `refused`: a start
 * that failed before it took a transfer.
 */
export const transferStates = [
  'queued',
  'active',
  'ready',
  'failed',
  'superseded',
  'refused',
  'cancelled',
] as const;

export type TransferState = (typeof transferStates)[number];

/** Whether a transfer in this state is over. */
export function isOver(state: TransferState): state is Exclude<TransferState, 'queued' | 'active'> {
  return state !== 'queued' && state !== 'active';
}

/** The options of a start. */
export interface TransferOptions {
  readonly filename?: string | undefined;
  readonly userMetadata?: UserMetadata | undefined;
  readonly enableHls?: boolean | undefined;
  readonly enableThumbnail?: boolean | undefined;
  /** Whether to ingest an object version again that is already an asset. */
  readonly force?: boolean | undefined;
  /** Which queued transfers start first. Default: `live`. */
  readonly priority?: Priority | undefined;
}

/** Numbers of retries by cause. */
export type RetryCounts = Readonly<Record<string, number>>;

/** A transfer's row. It prevents a second asset, so it never expires. */
export interface TransferRecord {
  readonly transferId: string;
  readonly state: TransferState;
  readonly destination: string;
  readonly ingestNumber: number;
  readonly source: SourceObject;
  readonly options: TransferOptions;
  /** The execution that owns the transfer. */
  readonly owner: string;
  /** Rises with each new owner. The table rejects writes with an older fence. */
  readonly fence: number;
  /** The end of the owner's lease, in milliseconds since 1970, as all times here. */
  readonly leaseUntil: number;
  /** The number of the session in use; 0 before the first. */
  readonly sessionNumber: number;
  readonly assetId?: string | undefined;
  /** The number of the transfer's ticket. A stopped transfer is queued again with the same number. */
  readonly ticketNumber?: number | undefined;
  /** Executions for this ticket that ended before they took the transfer. */
  readonly failedStarts?: number | undefined;
  /** The slot of the transfer, from opening a session until its bytes are complete. */
  readonly slot?: number | undefined;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly bytesCompleteAt?: number | undefined;
  /** The round, as `<execution>#<round>`, whose ranges stop: one range failed by an error that affects all. */
  readonly haltedRound?: string | undefined;
  readonly totalChunks?: number | undefined;
  /** Whether the full CRC was not compared, because a chunk has no CRC. */
  readonly checksumSkipped?: boolean | undefined;
  /** The outcome, as in the execution's output. */
  readonly outcome?: Readonly<Record<string, unknown>> | undefined;
  /** Whether EventBridge has confirmed the outcome's event. */
  readonly outcomePublished: boolean;
  readonly retries: RetryCounts;
}

/**
 * A session's row. `opening` without a session: the create reply may be lost. `refused`: the service
 * rejected the create call and created nothing.
 */
export interface SessionRecord {
  readonly number: number;
  /** The execution and fence of the create call. */
  readonly attempt: string;
  readonly openedAt: number;
  readonly state: 'opening' | 'open' | 'refused' | 'lost' | 'replaced';
  readonly session?: UploadSession | undefined;
  readonly etagMode: EtagMode;
  /** Chunks that mismatched twice. */
  readonly mismatched: readonly number[];
  /** Indexes of the chunks that the replies to reports accepted. */
  readonly acceptedIndexes?: readonly number[] | undefined;
  /** Whether the reply to a report called the upload complete. */
  readonly reportedComplete?: boolean | undefined;
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

/**
 * Returns the name of a queued transfer's next execution. The name is unique to the ticket and the
 * failed starts, so Step Functions starts no second execution.
 */
export function nextExecutionName({
  transferId,
  fence,
  failedStarts = 0,
}: Pick<TransferRecord, 'transferId' | 'fence' | 'failedStarts'>): string {
  return `${transferId}-${fence}-${failedStarts + 1}`;
}

/** True if an operator cancelled the transfer. A stopped execution leads to the same state. */
export function isCancelledByRequest({
  state,
  outcome,
}: Pick<TransferRecord, 'state' | 'outcome'>): boolean {
  return state === 'cancelled' && outcome?.cancelledBy === 'request';
}

/** True if a chunk's row has a proof that is not retired. */
export function isProven(record: ChunkRecord | undefined): record is ChunkRecord {
  return record !== undefined && record.retiredBecause === undefined;
}

/** Returns the number of chunks with a proof. */
export function provenCount(rows: ReadonlyMap<number, ChunkRecord>): number {
  return rows.values().filter(isProven).toArray().length;
}

/** Adds counts by cause. */
export function addCounts(a: RetryCounts, b: RetryCounts): RetryCounts {
  const sum: Record<string, number> = { ...a };
  for (const [cause, count] of Object.entries(b)) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
}
