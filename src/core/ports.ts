import type { ByteRange } from './byte-range.ts';
import type { ChunkProof, EtagMode } from './chunk-proof.ts';
import type { UploadSession } from './destination.ts';
import type { CrcAlgorithm, SourceObject, SourceReference } from './source-object.ts';
import type {
  ChunkRecord,
  RangeFailure,
  RangeRecord,
  RetryCounts,
  SessionRecord,
  TransferRecord,
  TransferState,
} from './transfer.ts';

/** Time, given and never taken, so that a test can hold it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` after `ms` unless the returned function is called first. */
  after(ms: number, task: () => void): () => void;
}

/** Randomness for jitter: from 0 up to, not including, 1. */
export type Random = () => number;

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line per event; `message` is a constant phrase and every variable a field. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** One HTTP exchange. The URL may be a secret: it is never logged nor put into an error. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
  /** How long the whole reply may take after the body's last byte, in ms. Default: the transport's own. */
  readonly replyTimeoutMs?: number | undefined;
  /**
   * Whether the headers of a 2xx are enough: where its body can't be read to its end or decoded, it
   * counts as empty. Default: false.
   */
  readonly bodyIsOptional?: boolean | undefined;
}

/** Header names in lower case; the body as text, at most `maxReplyBytes` of it. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export interface Transport {
  /**
   * Sends one request and reads the whole reply; follows no redirect and retries nothing. An error
   * thrown by the body's iteration, and a signal's reason, come out as they are.
   * @throws NetworkError - no usable reply
   * @throws RequestTimeoutError - no reply in time
   */
  send(request: HttpRequest): Promise<HttpReply>;
}

/** What is looked at besides what every transfer needs. */
export interface InspectOptions {
  /** Also read which digests prove the content; costs one more HEAD for an object of several parts. */
  readonly withDigests?: boolean | undefined;
}

/** Reads the objects to move. */
export interface SourceReader {
  /**
   * Pins an object as it is now.
   * @throws SourceNotFoundError, SourceAccessDeniedError, SourceArchivedError, SourceCustomerEncryptedError
   * @throws SourceCredentialsRejectedError - S3 does not take our credentials
   * @throws SourceSignatureRefusedError, SourceDeniedForNowError - waited out for a bounded time
   * @throws SourceNotConfiguredError, SourceRoleRefusedError - its account has no reader, or STS does not give it
   * @throws SourceRegionMismatchError - the bucket is in another Region than its source names
   * @throws ConfigurationError - no Region or no credentials of ours
   * @throws InvalidInputError - a name that S3 refuses
   * @throws SourceUnavailableError - S3 failed; retryable
   */
  inspect(reference: SourceReference, options?: InspectOptions): Promise<SourceObject>;
  /**
   * Reads one byte of the pinned object, so that a denial shows before anything is created.
   * @throws what `inspect` does; SourceSupersededError where the object has changed since
   */
  confirmReadable(source: SourceObject, signal: AbortSignal): Promise<void>;
  /**
   * Reads one range of the pinned object, once; Content-Range, length, ETag and version of the
   * reply are compared with what was asked before a byte is given out.
   * @throws SourceSupersededError - the object is another one now, or gone
   * @throws SourceProtocolError - the reply is not the range that was asked for
   * @throws what `inspect` does, where access changed since
   * @throws SourceUnavailableError, TruncatedReadError - retryable, also while iterating
   */
  read(source: SourceObject, range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

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
    | 'announced'
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
export type ProofKept = 'written' | 'equal' | 'conflict';

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
  latestIngest(objectId: string): Promise<number>;
  /** Makes `to` the latest if `to - 1` still is; false when another was faster. */
  raiseIngest(objectId: string, to: number): Promise<boolean>;
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
  putRefusal(record: TransferRecord): Promise<void>;
  /** Adds to the transfer's retry counts. */
  countRetries(transferId: string, counts: RetryCounts): Promise<void>;
  /** Remembers which transfer an execution works on, before it takes it: for when it ends unseen. */
  noteExecution(executionId: string, transferId: string): Promise<void>;
  transferOfExecution(executionId: string): Promise<string | undefined>;
  /** Remembers whose session an upload is, so that one nobody knows can be told. */
  noteUpload(uploadId: string, transferId: string): Promise<void>;
  transferOfUpload(uploadId: string): Promise<string | undefined>;
  /** Records which ready transfer holds a content, by one of the content's identities; kept for good. */
  recordContent(contentId: string, transferId: string): Promise<void>;
  transferOfContent(contentId: string): Promise<string | undefined>;
  /** Transfers that ended and whose event is not confirmed, longest waiting first. */
  listUnannounced(): AsyncIterable<TransferRecord>;
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
  noteMismatch(transferId: string, number: number, chunkIndex: number): Promise<number>;
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
  keepProof(
    transferId: string,
    sessionNumber: number,
    proof: ChunkProof,
    retiredGeneration?: number,
  ): Promise<ProofKept>;
  /** Retires the proof of that generation, keeping it with the reason; false when it is another by now. */
  retireProof(
    transferId: string,
    sessionNumber: number,
    index: number,
    generation: number,
    reason: string,
  ): Promise<boolean>;
  /** Counts one more report of a chunk that stayed pending. */
  noteReport(transferId: string, sessionNumber: number, index: number): Promise<void>;

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
  noteRangeFailure(key: RangeKey, error: RangeFailure): Promise<void>;
}

/** What others may build on: one for each transfer that started, and one for each that ended. */
export interface TransferEvent {
  readonly type:
    | 'Transfer Started'
    | 'Transfer Ready'
    | 'Transfer Failed'
    | 'Transfer Superseded'
    | 'Transfer Cancelled'
    | 'Preflight Checked';
  readonly detail: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface EventPublisher {
  /** @throws EventNotPublishedError - it was not taken, or only failed entries came back */
  publish(event: TransferEvent): Promise<void>;
}

/** One message to the operators. */
export interface Notice {
  readonly subject: string;
  readonly text: string;
}

export interface Notifier {
  /** @throws NoticeNotSentError - it was not taken; retryable */
  send(notice: Notice): Promise<void>;
}

/** How an execution stands or ended, as far as it can be told. */
export interface ExecutionEnd {
  readonly status: 'running' | 'aborted' | 'timed-out' | 'failed' | 'succeeded' | 'unknown';
  /** Milliseconds since 1970. */
  readonly startedAt?: number | undefined;
  /** What it was started with, as JSON text. */
  readonly input?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** All methods throw `ExecutionUnknownError` where it can't be asked now; that is retryable. */
export interface ExecutionDirectory {
  /** Whether an execution runs; `unknown` where it can't be told (it is not known here, or not ours to ask). */
  statusOf(executionId: string): Promise<'running' | 'ended' | 'unknown'>;
  /** How an execution ended; one that waits to be redriven counts as running. */
  endOf(executionId: string): Promise<ExecutionEnd>;
}

/** What the dispatcher starts an execution with. */
export interface ExecutionStart {
  readonly stateMachineArn: string;
  /** Unique to the work that it does, so that a second start of the same work starts nothing. */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ExecutionStarter {
  /**
   * Starts an execution. Returns `exists` where one of that name has ended, and `started` where it runs
   * already.
   * @throws ExecutionNotStartedError - Step Functions did not take it; retryable
   */
  start(start: ExecutionStart): Promise<'started' | 'exists'>;
}

/** Makes the running checksum of one chunk, in the algorithm of the object's own checksum. */
export type CrcFactory = (algorithm: CrcAlgorithm) => RunningCrc;

export interface RunningCrc {
  update(bytes: Uint8Array): void;
  /** Base64 of the big-endian checksum, as S3 writes it. */
  digest(): Promise<string>;
}
