import * as z from 'zod/mini';
import type { Disposition, ErrorName, ErrorOrigin } from '#src/core/errors/errors.ts';
import { type SourceObject, sourceObjectSchema } from '#src/core/source/source-object.ts';
import type { ChunkProof, EtagMode } from './chunk-proof.ts';
import type { UploadSession } from './destination.ts';
import { type TransferOptions, transferOptionsSchema } from './transfer-options.ts';

/**
 * The states of a transfer. A `queued` transfer waits for a slot, without an execution. An execution owns
 * an `active` transfer. All other states are final. `cancelled`: stopped on purpose. `rejected`: a start
 * that failed before it took a transfer.
 */
export const transferStates = [
  'queued',
  'active',
  'ready',
  'failed',
  'superseded',
  'rejected',
  'cancelled',
] as const;

export type TransferState = (typeof transferStates)[number];

/** Whether a transfer in this state is over. */
export function isOver(state: TransferState): state is Exclude<TransferState, 'queued' | 'active'> {
  return state !== 'queued' && state !== 'active';
}

/** Numbers of retries by cause. */
export type RetryCounts = Readonly<Record<string, number>>;

/** A transfer's row, without its retry counts: each count is an attribute of its own. */
export const transferRecordSchema = z.object({
  transferId: z.string(),
  state: z.enum(transferStates),
  destination: z.string(),
  ingestNumber: z.number(),
  source: sourceObjectSchema,
  options: transferOptionsSchema,
  /** The execution that owns the transfer. */
  owner: z.string(),
  /** Rises with each new owner. The table rejects writes with an older fence. */
  fence: z.number(),
  /** The end of the owner's lease, in milliseconds since 1970, as all times here. */
  leaseUntil: z.number(),
  /** The number of the session in use; 0 before the first. */
  sessionNumber: z.number(),
  assetId: z.optional(z.string()),
  /** The number of the transfer's ticket. A stopped transfer is queued again with the same number. */
  ticketNumber: z.optional(z.number()),
  /** Executions for this ticket that ended before they took the transfer. */
  failedStarts: z.optional(z.number()),
  /** The slot of the transfer, from opening a session until its bytes are complete. */
  slot: z.optional(z.number()),
  createdAt: z.number(),
  changedAt: z.number(),
  bytesCompleteAt: z.optional(z.number()),
  /** The round, as `<execution>#<round>`, whose ranges stop: one range failed by an error that affects all. */
  haltedRound: z.optional(z.string()),
  totalChunks: z.optional(z.number()),
  /** Whether the full CRC was not compared, because a chunk has no CRC. */
  checksumSkipped: z.optional(z.boolean()),
  /** Whether the proof of a chunk is not the MD5 of its bytes: then nothing shows that they arrived unchanged. */
  etagsOpaque: z.optional(z.boolean()),
  /** The outcome, as in the execution's output. */
  outcome: z.optional(z.record(z.string(), z.unknown())),
  /** Whether EventBridge has confirmed the outcome's event. */
  outcomePublished: z.boolean(),
});

/** A transfer's row. It prevents a second asset, so it never expires. */
export interface TransferRecord extends Readonly<z.infer<typeof transferRecordSchema>> {
  readonly source: SourceObject;
  readonly options: TransferOptions;
  readonly outcome?: Readonly<Record<string, unknown>> | undefined;
  readonly retries: RetryCounts;
}

/**
 * A session's row. `opening` without a session: the create reply may be lost. `rejected`: the service
 * rejected the create call and created nothing.
 */
export interface SessionRecord {
  readonly number: number;
  /** The execution and fence of the create call. */
  readonly attempt: string;
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
