import * as z from 'zod/mini';
import { type SourceObject, sourceObjectSchema } from '#src/core/source/source-object.ts';
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
  /** Executions of this transfer that Step Functions ended because their history was full. */
  fullHistories: z.optional(z.number()),
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
  arrivalUnproven: z.optional(z.boolean()),
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

/** Adds counts by cause. */
export function addCounts(a: RetryCounts, b: RetryCounts): RetryCounts {
  const sum: Record<string, number> = { ...a };
  for (const [cause, count] of Object.entries(b)) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
}
