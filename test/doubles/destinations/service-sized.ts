import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { type Chunk, chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type {
  AssetStatus,
  ChunkBody,
  ChunkDelivery,
  ChunkState,
  ChunkStatePage,
  Destination,
  DestinationTraits,
  ObjectFacts,
  ReportReceipt,
  SessionRequest,
  SessionStatus,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { mediaTypeOf } from '#src/destinations/twelvelabs/media-type.ts';
import { Faults } from './faults.ts';
import { hex, maxFilenameLength, type ServiceOptions, type TestService } from './service.ts';
import { countsOf, planned, provenChunk, type SizedUpload } from './sized-upload.ts';

export const serviceTraits: DestinationTraits = {
  sessionCreatedBy: 'open',
  order: 'any',
  maxInFlight: 8,
  chunksPerPage: 50,
  maxProofsPerReport: 50,
  finish: 'on-last-report',
  wholeDigest: 'none',
  chunkStates: true,
};

/** Chunks per page of states. */
const pageLength = 50;

/**
 * A destination in memory with TwelveLabs' protocol: the service's own chunk size, any order, ETags
 * as proofs, and reports in batches. The last report completes the upload, and the asset is
 * processed for a while.
 */
export class ServiceSized implements Destination, TestService {
  readonly identity = 'service-sized';
  readonly traits = serviceTraits;
  readonly destination: Destination = this;
  readonly faults: Faults;
  readonly #clock: Clock;
  readonly #options: ServiceOptions;
  readonly #uploads: SizedUpload[] = [];
  #dropsReport = false;

  constructor(clock: Clock, options: ServiceOptions) {
    this.#clock = clock;
    this.#options = options;
    this.faults = new Faults(clock);
  }

  /** The media rules of TwelveLabs. */
  accept(object: ObjectFacts) {
    const kind = mediaTypeOf(object);
    return { kind, maxBytes: this.#options.maxBytes, maxFilenameLength };
  }

  async openSession({ source }: SessionRequest): Promise<UploadSession> {
    if (source.sizeBytes > this.#options.maxBytes) {
      throw new TransferError('RequestRejectedError', `${source.sizeBytes} bytes exceed the limit`);
    }
    return this.faults.call('open', () => this.#open(source.sizeBytes));
  }

  async prepareChunks(session: UploadSession): Promise<void> {
    this.#upload(session);
  }

  async sendChunk(session: UploadSession, chunk: Chunk, body: ChunkBody): Promise<ChunkDelivery> {
    const { chunks } = this.#upload(session);
    return this.faults.send(body, (bytes) => {
      const etag = hex('md5', bytes);
      chunks.set(chunk.index, { bytes, etag, state: 'pending' });
      return { proof: etag, evidence: 'etag', host: 'storage.example' };
    });
  }

  async reportProofs(
    session: UploadSession,
    proofs: readonly ChunkProof[],
  ): Promise<ReportReceipt> {
    if (proofs.length > serviceTraits.maxProofsPerReport) {
      throw new TransferError('RequestRejectedError', `${proofs.length} proofs in one report`);
    }
    return this.faults.call('report', () => this.#report(session, proofs));
  }

  async finish(session: UploadSession): Promise<UploadSession> {
    return session;
  }

  async sessionStatus(session: UploadSession): Promise<SessionStatus> {
    const upload = this.#find(session);
    if (!upload) return { phase: 'expired', reason: 'unknown upload' };
    const phase = upload.completedAt === undefined ? 'active' : 'completed';
    return { phase, counts: countsOf(upload, session) };
  }

  /** Returns pages of `pageLength` chunks. */
  async chunkStates(session: UploadSession, page: number): Promise<ChunkStatePage> {
    const { chunks } = this.#upload(session);
    const last = page * pageLength;
    const listed = planned(session).slice(last - pageLength, last);
    const states = new Map(
      listed.map((i): [number, ChunkState] => [i, chunks.get(i)?.state ?? 'pending']),
    );
    return { states, nextPage: last < session.totalChunks ? page + 1 : undefined };
  }

  async assetStatus(assetId: string): Promise<AssetStatus> {
    const upload = this.#uploadOfAsset(assetId);
    if (!upload || upload.isDeleted) return { phase: 'missing' };
    if (upload.completedAt === undefined) return { phase: 'processing' };
    const readyAt = upload.completedAt + (this.#options.processingMs ?? 0);
    return { phase: this.#clock.now() < readyAt ? 'processing' : 'ready' };
  }

  async storedSha256(assetId: string): Promise<string> {
    const chunks = [...(this.#uploadOfAsset(assetId)?.chunks ?? [])].sort(([a], [b]) => a - b);
    return hex('sha256', Buffer.concat(chunks.map(([, { bytes }]) => bytes)));
  }

  assetIds(): readonly string[] {
    const isComplete = (i: number) => this.#uploads[i]?.completedAt !== undefined;
    return [...this.#uploads.keys()].filter(isComplete).map((i) => `asset-${i + 1}`);
  }

  forgetSessions(): void {
    for (const upload of this.#uploads) upload.isForgotten ||= upload.completedAt === undefined;
  }

  deleteAsset(assetId: string): void {
    const upload = this.#uploadOfAsset(assetId);
    if (upload) upload.isDeleted = true;
  }

  /** Marks a chunk of the newest session as failed, as the service may at any time. */
  failChunk(index: number): void {
    const chunk = this.#uploads.at(-1)?.chunks.get(index);
    if (chunk) chunk.state = 'failed';
  }

  /** Leaves the chunks of the next report pending, although its reply accepts them. */
  dropNextReport(): void {
    this.#dropsReport = true;
  }

  #open(sizeBytes: number): UploadSession {
    const number = this.#uploads.push({ sizeBytes, chunks: new Map() });
    return {
      uploadId: `upload-${number}`,
      assetId: `asset-${number}`,
      chunkSizeBytes: this.#options.chunkSizeBytes,
      totalChunks: chunkCount(sizeBytes, this.#options.chunkSizeBytes),
      expiresAt: this.#clock.now() + 24 * 3600 * 1000,
      details: { 'Content-Type': 'application/octet-stream' },
    };
  }

  #report(session: UploadSession, proofs: readonly ChunkProof[]): ReportReceipt {
    const upload = this.#upload(session);
    const chunks = proofs.map((proof) => provenChunk(upload, session, proof));
    const fresh = chunks.filter(({ state }) => state !== 'completed');
    if (!this.#dropsReport) for (const chunk of fresh) chunk.state = 'completed';
    this.#dropsReport = false;
    const complete = countsOf(upload, session).completed === session.totalChunks;
    if (complete) upload.completedAt ??= this.#clock.now();
    return { accepted: fresh.length, duplicates: chunks.length - fresh.length, complete };
  }

  #find({ uploadId }: UploadSession): SizedUpload | undefined {
    const upload = this.#uploads[Number(uploadId.replace('upload-', '')) - 1];
    return upload?.isForgotten ? undefined : upload;
  }

  #upload(session: UploadSession): SizedUpload {
    const upload = this.#find(session);
    if (upload) return upload;
    throw new TransferError('SessionExpiredError', `unknown upload ${session.uploadId}`);
  }

  #uploadOfAsset(assetId: string): SizedUpload | undefined {
    return this.#uploads[Number(assetId.replace('asset-', '')) - 1];
  }
}
