import type { ChunkProof, EtagMode } from './chunk-proof.ts';
import type { UploadSession } from './destination.ts';
import type { RetryCounts, TransferRecord, TransferState } from './transfer-row.ts';
import type { ChunkRecord, RangeFailure, RangeRecord, SessionRecord } from './upload-rows.ts';

/** The fields of a transfer's row that its owner may change. */
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
    | 'arrivalUnproven'
    | 'outcome'
    | 'outcomePublished'
    | 'leaseUntil'
    | 'ticketNumber'
    | 'failedStarts'
    | 'fullHistories'
    | 'slot'
  >
>;

/** A row in the lists of transfers. */
export interface SweepPosition {
  readonly state: TransferState;
  readonly day: string;
  /** The time of the row's last change, in milliseconds since 1970. */
  readonly until: number;
}

/** The result of claiming a range. */
export interface RangeClaim {
  /** True if this sender has the claim. Otherwise another sender has it. */
  readonly held: boolean;
  /** The end of the claim, in milliseconds since 1970. */
  readonly until: number;
  /** Whether the claim before it expired without a release: its sender died. */
  readonly tookOver: boolean;
}

/** Identifies a range's row. */
export interface RangeKey {
  readonly transferId: string;
  readonly sessionNumber: number;
  readonly n: number;
}

/** `equal`: the same proof was stored before. `conflict`: another proof was stored before. */
export type StoreProofResult = 'written' | 'equal' | 'conflict';

/** The fields of a row that a new owner read and takes over. */
export type SeenTransfer = Pick<
  TransferRecord,
  'state' | 'fence' | 'sessionNumber' | 'ticketNumber' | 'slot'
>;

/**
 * The rows of transfers, sessions, chunks and ranges. Every write is one conditional write of one row.
 * All methods throw `TableUnavailableError` if the table is unreachable.
 */
export interface TransferStore {
  /** Returns the highest ingest number of an object; 1 before the first ingest. */
  latestIngestNumber(objectId: string): Promise<number>;
  /** Raises the ingest number from `to - 1` to `to`. Returns false if the number has changed. */
  raiseIngestNumber(objectId: string, to: number): Promise<boolean>;
  /** Returns a transfer's row. */
  transfer(transferId: string): Promise<TransferRecord | undefined>;
  /**
   * Makes the execution of `record` the owner of a transfer. Returns false, and writes nothing, if the
   * row has changed.
   * @param seen - the fields as last read; undefined: the row must be absent
   */
  takeTransfer(record: TransferRecord, seen: SeenTransfer | undefined): Promise<boolean>;
  /**
   * Changes fields of a transfer's row and sets `changedAt` to `now`. Returns false, and writes nothing,
   * if the row has another fence or differs from `seen`.
   */
  patchTransfer(
    transferId: string,
    fence: number,
    patch: TransferPatch,
    now: number,
    seen?: Partial<Pick<TransferRecord, 'state' | 'sessionNumber' | 'changedAt'>>,
  ): Promise<boolean>;
  /** Writes the row of a start that never took a transfer. Replaces an earlier row. The row expires. */
  putRejection(record: TransferRecord): Promise<void>;
  /** Adds to the retry counts of a transfer. */
  incrementRetries(transferId: string, counts: RetryCounts): Promise<void>;
  /** Records the transfer of an execution, before the execution takes it. The reconciler reads it. */
  recordExecution(executionId: string, transferId: string): Promise<void>;
  /** Returns the id of the transfer that was recorded for an execution. */
  transferOfExecution(executionId: string): Promise<string | undefined>;
  /** Records the transfer of an upload. An upload without a record is an orphan session. */
  recordUpload(uploadId: string, transferId: string): Promise<void>;
  /** Returns the id of the transfer that was recorded for an upload. */
  transferOfUpload(uploadId: string): Promise<string | undefined>;
  /** Records the ready transfer of a content id. The record does not expire. */
  recordContent(contentId: string, transferId: string): Promise<void>;
  /** Returns the id of the transfer that was recorded for a content id. */
  transferOfContent(contentId: string): Promise<string | undefined>;
  /** Lists the transfers whose outcome is not published yet, longest waiting first. */
  listUnpublished(): AsyncIterable<TransferRecord>;
  /**
   * Lists the transfers that entered a state on a UTC day (`2026-11-21`), latest first. `failed` lists
   * rejected starts as well, so one query finds every failure.
   * @param until - omits later rows, in milliseconds since 1970
   */
  listTransfers(state: TransferState, day: string, until?: number): AsyncIterable<TransferRecord>;
  /** Returns where the last sweep over ended transfers stopped; undefined if it read all. */
  sweepPosition(): Promise<SweepPosition | undefined>;
  setSweepPosition(position: SweepPosition | undefined): Promise<void>;

  /** Returns the row of a session. */
  session(transferId: string, number: number): Promise<SessionRecord | undefined>;
  /** Returns the rows of all sessions of a transfer. */
  sessions(transferId: string): Promise<SessionRecord[]>;
  /** Writes a session's row before the create call. Returns false if the number exists. */
  addSession(transferId: string, record: SessionRecord): Promise<boolean>;
  /**
   * Stores the reply to the create call and the number of ranges, and makes the row `open`. Returns false
   * if the row has another reply, or was given up.
   */
  setSession(
    transferId: string,
    number: number,
    session: UploadSession,
    rangeCount: number,
  ): Promise<boolean>;
  /** Replaces the session after a chunk or the finish has changed it. */
  updateSession(transferId: string, number: number, session: UploadSession): Promise<void>;
  /** Changes the state of a session's row. */
  markSession(transferId: string, number: number, state: SessionRecord['state']): Promise<void>;
  /**
   * Records the ETag mode of a session. A recorded mode other than `unknown` never changes. Returns the
   * mode that the session has: another sender may have recorded the other one.
   */
  setEtagMode(transferId: string, number: number, mode: EtagMode): Promise<EtagMode>;
  /** Claims the completion of a session for one call. Returns false if another call has claimed it. */
  claimFinish(transferId: string, number: number, invocationId: string): Promise<boolean>;
  /** Releases the claim: the completion certainly had no effect. */
  releaseFinish(transferId: string, number: number): Promise<void>;
  /** Records a chunk that mismatched twice. Returns the number of these chunks in the session. */
  recordMismatch(transferId: string, number: number, chunkIndex: number): Promise<number>;
  /** Records the chunks that a report's reply accepted, and whether it called the upload complete. */
  recordReceipt(
    transferId: string,
    number: number,
    receipt: { readonly accepted: readonly number[]; readonly complete: boolean },
  ): Promise<void>;
  /**
   * Removes the receipts of chunks, and the record that the upload is complete.
   * @param indexes - default: all chunks
   */
  withdrawReceipts(transferId: string, number: number, indexes?: readonly number[]): Promise<void>;

  /** Returns the rows of chunks `first` to `last`, by index. Default: all chunks of the session. */
  chunks(
    transferId: string,
    sessionNumber: number,
    first?: number,
    last?: number,
  ): Promise<ReadonlyMap<number, ChunkRecord>>;
  /**
   * Stores the proof of a chunk, unless another proof is stored.
   * @param retiredGeneration - the generation of a retired proof, which this proof replaces
   */
  storeProof(
    transferId: string,
    sessionNumber: number,
    proof: ChunkProof,
    retiredGeneration?: number,
  ): Promise<StoreProofResult>;
  /** Retires the proof of a generation and stores the reason. Returns false if the generation differs. */
  retireProof(
    transferId: string,
    sessionNumber: number,
    index: number,
    generation: number,
    reason: string,
  ): Promise<boolean>;
  /** Counts a repeated report of a chunk that stayed pending. */
  incrementReports(transferId: string, sessionNumber: number, index: number): Promise<void>;

  /** Returns the rows of all ranges of a session. */
  ranges(transferId: string, sessionNumber: number): Promise<RangeRecord[]>;
  /** Claims a range until `until`, unless another sender has a claim at `now`. */
  claimRange(key: RangeKey, sender: string, now: number, until: number): Promise<RangeClaim>;
  /** Releases a claim of this sender, adds retry counts, and sets or clears the range's error. */
  releaseRange(
    key: RangeKey,
    sender: string,
    error: RangeFailure | undefined,
    counts: RetryCounts,
  ): Promise<void>;
  /** Sets a range's error without a claim, after its sender died or its report failed. */
  recordRangeFailure(key: RangeKey, error: RangeFailure): Promise<void>;
}
