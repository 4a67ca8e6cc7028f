import type { Disposition, ErrorName, ErrorOrigin } from '#src/core/errors/errors.ts';
import type { Priority } from '#src/core/queue/queue.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { ChunkProof, EtagMode } from './chunk-proof.ts';
import type { UploadSession } from './destination.ts';
import type { UserMetadata } from './user-metadata.ts';

/**
 * The state of a transfer. `queued` waits for a slot and no execution runs for it; `active` has one.
 * The others are over: `cancelled` was stopped on purpose, `refused` is a start that failed before it
 * took a transfer.
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

/** What a start may ask for beside the object. */
export interface TransferOptions {
  readonly filename?: string | undefined;
  readonly userMetadata?: UserMetadata | undefined;
  readonly enableHls?: boolean | undefined;
  readonly enableThumbnail?: boolean | undefined;
  /** Ingest again although this object version is already an asset. */
  readonly force?: boolean | undefined;
  /** Which queued transfers start first. Default: `live`. */
  readonly priority?: Priority | undefined;
}

/** How often something was done again, by cause. */
export type RetryCounts = Readonly<Record<string, number>>;

/** The transfer's row: what prevents a second asset, so it is never deleted by time. */
export interface TransferRecord {
  readonly transferId: string;
  readonly state: TransferState;
  readonly destination: string;
  readonly ingestNumber: number;
  readonly source: SourceObject;
  readonly options: TransferOptions;
  /** The execution that owns it. */
  readonly owner: string;
  /** Raised at every taking; a write with an older fence is refused. */
  readonly fence: number;
  /** Milliseconds since 1970, as all times here. */
  readonly leaseUntil: number;
  /** The session in use; 0 before the first. */
  readonly sessionNumber: number;
  readonly assetId?: string | undefined;
  /** Its number in the queue. A transfer that is stopped is queued again with the same number. */
  readonly ticketNumber?: number | undefined;
  /** Executions that the dispatcher started for this ticket and that ended before they took the transfer. */
  readonly failedStarts?: number | undefined;
  /** The slot it holds, from opening a session until its bytes are complete. */
  readonly slot?: number | undefined;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly bytesCompleteAt?: number | undefined;
  /** The round, as `<execution>#<round>`, whose ranges stop because one met what no range can escape. */
  readonly haltedRound?: string | undefined;
  readonly totalChunks?: number | undefined;
  /** Set where the object has a full CRC and not every chunk had one to combine. */
  readonly checksumSkipped?: boolean | undefined;
  /** What was written at the end, as the execution's output shows it. */
  readonly outcome?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the outcome's event was put and confirmed. */
  readonly outcomePublished: boolean;
  readonly retries: RetryCounts;
}

/**
 * A session's row. `opening` without a session means that a create's reply may be lost; `refused`
 * that the service said no and nothing was created.
 */
export interface SessionRecord {
  readonly number: number;
  /** Which execution and fence tried to create it. */
  readonly attempt: string;
  readonly openedAt: number;
  readonly state: 'opening' | 'open' | 'refused' | 'lost' | 'replaced';
  readonly session?: UploadSession | undefined;
  readonly etagMode: EtagMode;
  /** Chunks that mismatched twice. */
  readonly mismatched: readonly number[];
  /** Indexes of the chunks that the replies to reports counted as accepted. */
  readonly acceptedIndexes?: readonly number[] | undefined;
  /** Whether the reply to a report called the upload complete. */
  readonly reportedComplete?: boolean | undefined;
}

/** A chunk's row. A retired proof stays, with the reason, until a new one takes its place. */
export interface ChunkRecord extends ChunkProof {
  readonly generation: number;
  readonly retiredBecause?: string | undefined;
  /** Reports after the first, while it stayed pending. */
  readonly reports: number;
}

/** What went wrong in a range, and in whose execution and round. */
export interface RangeFailure {
  readonly name: ErrorName;
  readonly disposition: Disposition;
  readonly message: string;
  readonly origin?: ErrorOrigin | undefined;
  readonly executionId: string;
  readonly round: number;
  /** Until when the service asked us to stay away, in milliseconds since 1970. */
  readonly retryAt?: number | undefined;
}

/** A range's row: who sends it until when, and its last error. */
export interface RangeRecord {
  readonly n: number;
  readonly sender?: string | undefined;
  readonly claimUntil?: number | undefined;
  readonly error?: RangeFailure | undefined;
  readonly retries: RetryCounts;
}

/**
 * The name of the execution that goes on with a queued transfer. One name for each time it is queued and
 * each failed start: Step Functions then starts no second execution for it.
 */
export function nextExecutionName({
  transferId,
  fence,
  failedStarts = 0,
}: Pick<TransferRecord, 'transferId' | 'fence' | 'failedStarts'>): string {
  return `${transferId}-${fence}-${failedStarts + 1}`;
}

/** Whether an operator cancelled the transfer; a stopped execution leaves the same state otherwise. */
export function isCancelledByRequest({
  state,
  outcome,
}: Pick<TransferRecord, 'state' | 'outcome'>): boolean {
  return state === 'cancelled' && outcome?.cancelledBy === 'request';
}

/** Whether a chunk's row proves it: present and not retired. */
export function isProven(record: ChunkRecord | undefined): record is ChunkRecord {
  return record !== undefined && record.retiredBecause === undefined;
}

/** How many chunks of these rows have a proof. */
export function provenCount(rows: ReadonlyMap<number, ChunkRecord>): number {
  return rows.values().filter(isProven).toArray().length;
}

/** Adds counts by cause. */
export function addCounts(a: RetryCounts, b: RetryCounts): RetryCounts {
  const sum: Record<string, number> = { ...a };
  for (const [cause, count] of Object.entries(b)) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
}
