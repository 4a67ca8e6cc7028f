import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { type Chunk, chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type {
  AssetStatus,
  ChunkBody,
  ChunkDelivery,
  Destination,
  DestinationTraits,
  ReportReceipt,
  SessionRequest,
  SessionStatus,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { Faults } from './faults.ts';
import { hex, maxFilenameLength, type ServiceOptions, type TestService } from './service.ts';

interface Upload {
  readonly sizeBytes: number;
  readonly partSize: number;
  readonly parts: Map<number, Buffer>;
  /** ETags by part number, as reported. */
  readonly reported: Map<number, string>;
  fileId?: string;
  isForgotten?: boolean;
  isDeleted?: boolean;
}

const traits: DestinationTraits = {
  sessionCreatedBy: 'open',
  order: 'any',
  maxInFlight: 4,
  maxProofsPerReport: 100,
  finish: 'explicit',
  wholeDigest: 'none',
  chunkStates: false,
};

/** The adapter's proposal; the service replies with its own size. */
const proposedPartSize = 32 * 1024 * 1024;

/**
 * A destination in memory with Seven Bridges' protocol: the client proposes a part size, and the service sets it. Parts
 * arrive in any order and are reported in batches. A final call checks
 * every part and completes the upload.
 */
export class Negotiated implements Destination, TestService {
  readonly identity = 'negotiated';
  readonly traits = traits;
  readonly destination: Destination = this;
  readonly faults: Faults;
  readonly #options: ServiceOptions;
  readonly #uploads: Upload[] = [];

  constructor(clock: Clock, options: ServiceOptions) {
    this.#options = options;
    this.faults = new Faults(clock);
  }

  accept() {
    return { kind: 'file', maxBytes: this.#options.maxBytes, maxFilenameLength };
  }

  async openSession({ source }: SessionRequest): Promise<UploadSession> {
    if (source.sizeBytes > this.#options.maxBytes) {
      throw new TransferError('RequestRejectedError', `400: ${source.sizeBytes} bytes: too many`);
    }
    return this.faults.call('open', () => this.#initialize(source.sizeBytes, proposedPartSize));
  }

  async prepareChunks(session: UploadSession): Promise<void> {
    this.#upload(session);
  }

  async sendChunk(session: UploadSession, chunk: Chunk, body: ChunkBody): Promise<ChunkDelivery> {
    const { parts } = this.#upload(session);
    return this.faults.send(body, (bytes) => {
      parts.set(chunk.index, bytes);
      return { proof: hex('md5', bytes), evidence: 'etag', host: 'storage.example' };
    });
  }

  async reportProofs(
    session: UploadSession,
    proofs: readonly ChunkProof[],
  ): Promise<ReportReceipt> {
    if (proofs.length > traits.maxProofsPerReport) {
      throw new TransferError('RequestRejectedError', `400 8014: ${proofs.length} parts at once`);
    }
    return this.faults.call('report', () => this.#report(session, proofs));
  }

  async finish(session: UploadSession, proofs: readonly ChunkProof[]): Promise<UploadSession> {
    return this.faults.call('finish', () => this.#complete(session, proofs));
  }

  async sessionStatus(session: UploadSession): Promise<SessionStatus> {
    const upload = this.#find(session);
    if (!upload) return { phase: 'expired', reason: '404 8003' };
    const completed = upload.reported.size;
    const counts = { completed, pending: session.totalChunks - completed, failed: 0 };
    return { phase: upload.fileId === undefined ? 'active' : 'completed', counts };
  }

  async chunkStates(): Promise<never> {
    throw new TransferError('UnexpectedError', 'this service reports no chunk states');
  }

  async assetStatus(fileId: string): Promise<AssetStatus> {
    const upload = this.#uploadOfFile(fileId);
    return { phase: upload && !upload.isDeleted ? 'ready' : 'missing' };
  }

  async storedSha256(fileId: string): Promise<string> {
    const parts = [...(this.#uploadOfFile(fileId)?.parts ?? [])].sort(([a], [b]) => a - b);
    return hex('sha256', Buffer.concat(parts.map(([, bytes]) => bytes)));
  }

  assetIds(): readonly string[] {
    return this.#uploads.flatMap(({ fileId }) => fileId ?? []);
  }

  forgetSessions(): void {
    for (const upload of this.#uploads) upload.isForgotten ||= upload.fileId === undefined;
  }

  deleteAsset(fileId: string): void {
    const upload = this.#uploadOfFile(fileId);
    if (upload) upload.isDeleted = true;
  }

  #initialize(sizeBytes: number, proposal: number): UploadSession {
    const partSize = Math.min(proposal, this.#options.chunkSizeBytes);
    const upload = { sizeBytes, partSize, parts: new Map(), reported: new Map() };
    const uploadId = `sb-${this.#uploads.push(upload)}`;
    const totalChunks = chunkCount(sizeBytes, partSize);
    return { uploadId, chunkSizeBytes: partSize, totalChunks, details: {} };
  }

  #report(session: UploadSession, proofs: readonly ChunkProof[]): ReportReceipt {
    const { reported } = this.#upload(session);
    const duplicates = proofs.filter(({ index }) => reported.has(index)).length;
    for (const { index, proof } of proofs) reported.set(index, proof);
    return { accepted: proofs.length - duplicates, duplicates, complete: false };
  }

  /** Accepts parts that were not reported yet; a repeated call returns the same file. */
  #complete(session: UploadSession, proofs: readonly ChunkProof[]): UploadSession {
    const upload = this.#upload(session);
    const unreported = proofs.filter(({ index }) => !upload.reported.has(index));
    for (const { index, proof } of unreported) upload.reported.set(index, proof);
    assertComplete(upload, session);
    upload.fileId ??= `file-${this.#uploads.indexOf(upload) + 1}`;
    return { ...session, assetId: upload.fileId };
  }

  #find({ uploadId }: UploadSession): Upload | undefined {
    const upload = this.#uploads[Number(uploadId.replace('sb-', '')) - 1];
    return upload?.isForgotten ? undefined : upload;
  }

  #upload(session: UploadSession): Upload {
    const upload = this.#find(session);
    if (upload) return upload;
    throw new TransferError('SessionExpiredError', `404 8003: no upload ${session.uploadId}`);
  }

  #uploadOfFile(fileId: string): Upload | undefined {
    return this.#uploads.find((upload) => upload.fileId === fileId);
  }
}

/** @throws RequestRejectedError - a part is not reported, or has another ETag or size */
function assertComplete(upload: Upload, { totalChunks }: UploadSession): void {
  for (let number = 1; number <= totalChunks; number++) {
    const bytes = upload.parts.get(number);
    const isLast = number === totalChunks;
    const size = isLast ? upload.sizeBytes - (totalChunks - 1) * upload.partSize : upload.partSize;
    if (bytes?.length === size && upload.reported.get(number) === hex('md5', bytes)) continue;
    throw new TransferError('RequestRejectedError', `400 8007: part ${number} is not as reported`);
  }
}
