import type { ChunkProof, EtagMode } from './chunk-proof.ts';
import type { UploadSession } from './destination.ts';
import type {
  ChunkRecord,
  RangeFailure,
  RangeRecord,
  RetryCounts,
  SessionRecord,
  TransferRecord,
  TransferState,
} from './transfer.ts';

/** What may be changed in a transfer's row by its owner. */
export type TransferPatch = Partial<
  Pick<
    TransferRecord,
    | 'state'
    | 'sessionNumber'
    | 'assetId'
    | 'bytesCompleteAt'
    | 'haltedRound'
    | 'totalChunks'
    | 'checksumSkipped'
    | 'outcome'
    | 'outcomePublished'
    | 'leaseUntil'
    | 'ticketNumber'
    | 'failedStarts'
    | 'slot'
  >
>;

/** An outcome of claiming a range: held until `until`, or held by another sender until then. */
export interface RangeClaim {
  readonly held: boolean;
  readonly until: number;
  /** Whether the claim before it ran out without being given back: its sender died. */
  readonly tookOver: boolean;
}

/** Identifies a range's row. */
export interface RangeKey {
  readonly transferId: string;
  readonly sessionNumber: number;
  readonly n: number;
}

/** How a proof was kept: written now, there already and equal, or there already and different. */
export type StoreProofResult = 'written' | 'equal' | 'conflict';

/** What an owner takes over from the row that it saw. */
export type SeenTransfer = Pick<
  TransferRecord,
  'state' | 'fence' | 'sessionNumber' | 'ticketNumber' | 'slot'
>;

/**
 * The rows. Every write is one conditional write of one item. All methods throw
 * `TableUnavailableError` when the table can't be reached.
 */
export interface TransferStore {
  /** Highest ingest number of an object; 1 before any. */
  latestIngestNumber(objectId: string): Promise<number>;
  /** Makes `to` the latest if `to - 1` still is; false when another was faster. */
  raiseIngestNumber(objectId: string, to: number): Promise<boolean>;
  transfer(transferId: string): Promise<TransferRecord | undefined>;
  /**
   * Writes the row if it is absent (`seen` undefined), or still has the state, the fence, the session
   * number, the ticket and the slot that were seen, which the new owner takes over with it.
   */
  takeTransfer(record: TransferRecord, seen: SeenTransfer | undefined): Promise<boolean>;
  /**
   * Changes fields while `fence` is still the row's and what is `seen` still so; false means that it is
   * not. `changedAt` is set to `now`.
   */
  patchTransfer(
    transferId: string,
    fence: number,
    patch: TransferPatch,
    now: number,
    seen?: Partial<Pick<TransferRecord, 'state' | 'sessionNumber' | 'changedAt'>>,
  ): Promise<boolean>;
  /** Writes a row whatever is there: for a start that never took a transfer. Nothing rests on it, so it expires. */
  putRejection(record: TransferRecord): Promise<void>;
  /** Adds to the transfer's retry counts. */
  incrementRetries(transferId: string, counts: RetryCounts): Promise<void>;
  /** Remembers which transfer an execution works on, before it takes it: for when it ends unseen. */
  recordExecution(executionId: string, transferId: string): Promise<void>;
  transferOfExecution(executionId: string): Promise<string | undefined>;
  /** Remembers whose session an upload is, so that one nobody knows can be told. */
  recordUpload(uploadId: string, transferId: string): Promise<void>;
  transferOfUpload(uploadId: string): Promise<string | undefined>;
  /** Records which ready transfer holds a content, by one of the content's identities; kept for good. */
  recordContent(contentId: string, transferId: string): Promise<void>;
  transferOfContent(contentId: string): Promise<string | undefined>;
  /** Transfers that ended and whose event is not confirmed, longest waiting first. */
  listUnpublished(): AsyncIterable<TransferRecord>;
  /**
   * Transfers that came into a state on a UTC day (`2026-11-21`), latest first. `failed` lists refused
   * starts too: one query finds every failure.
   */
  listTransfers(state: TransferState, day: string): AsyncIterable<TransferRecord>;

  session(transferId: string, number: number): Promise<SessionRecord | undefined>;
  sessions(transferId: string): Promise<SessionRecord[]>;
  /** Writes the row before the create call; false when that number exists. */
  addSession(transferId: string, record: SessionRecord): Promise<boolean>;
  /** Sets create's answer once and makes the row `open`; false when another answer is set, or the row was given up. */
  setSession(transferId: string, number: number, session: UploadSession): Promise<boolean>;
  /** Replaces the session where a chunk or the finish changed it. */
  updateSession(transferId: string, number: number, session: UploadSession): Promise<void>;
  markSession(transferId: string, number: number, state: SessionRecord['state']): Promise<void>;
  /** Records what the session's ETags are; a recorded mode other than `unknown` is never changed. */
  setEtagMode(transferId: string, number: number, mode: EtagMode): Promise<void>;
  /** Adds a chunk to those that mismatched twice and says how many there are. */
  recordMismatch(transferId: string, number: number, chunkIndex: number): Promise<number>;
  /** Adds the chunks that a report's reply counted, and records whether it called the upload complete. */
  recordReceipt(
    transferId: string,
    number: number,
    receipt: { readonly accepted: readonly number[]; readonly complete: boolean },
  ): Promise<void>;
  /** Removes the receipts of these chunks (of all, where none are named) and that the upload is complete. */
  withdrawReceipts(transferId: string, number: number, indexes?: readonly number[]): Promise<void>;

  /** Rows of chunks `first` to `last` (all where left out), by index. */
  chunks(
    transferId: string,
    sessionNumber: number,
    first?: number,
    last?: number,
  ): Promise<ReadonlyMap<number, ChunkRecord>>;
  /** Keeps a proof if none is there, an equal one is, or the retired one seen still is (`retired`, its generation). */
  storeProof(
    transferId: string,
    sessionNumber: number,
    proof: ChunkProof,
    retiredGeneration?: number,
  ): Promise<StoreProofResult>;
  /** Retires the proof of that generation, keeping it with the reason; false when it is another by now. */
  retireProof(
    transferId: string,
    sessionNumber: number,
    index: number,
    generation: number,
    reason: string,
  ): Promise<boolean>;
  /** Counts one more report of a chunk that stayed pending. */
  incrementReports(transferId: string, sessionNumber: number, index: number): Promise<void>;

  ranges(transferId: string, sessionNumber: number): Promise<RangeRecord[]>;
  /** Claims a range until `until` if no other sender holds it at `now`. */
  claimRange(key: RangeKey, sender: string, now: number, until: number): Promise<RangeClaim>;
  /** Gives a claim back if it is still this sender's; adds counts, sets or clears the error. */
  releaseRange(
    key: RangeKey,
    sender: string,
    error: RangeFailure | undefined,
    counts: RetryCounts,
  ): Promise<void>;
  /** Sets a range's error without a claim: for a sender that died, or a report that failed. */
  recordRangeFailure(key: RangeKey, error: RangeFailure): Promise<void>;
}
