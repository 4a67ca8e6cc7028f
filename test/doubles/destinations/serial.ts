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
  SessionRequest,
  SessionStatus,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { Faults } from './faults.ts';
import { hex, maxFilenameLength, type ServiceOptions, type TestService } from './service.ts';

/** One upload at the service: a prefix of the bytes. */
interface Upload {
  held: Buffer;
  readonly expiresAt: number;
  isForgotten?: boolean;
}

interface Media {
  readonly bytes: Buffer;
  isDeleted?: boolean;
}

/** The service's reply to a chunk: accepted, or rejected with its own offset. */
interface ChunkAnswer {
  readonly status: 201 | 400;
  readonly uploadId: string;
  readonly offset: number;
  readonly expiresAt?: number | undefined;
}

/** The service's largest chunk (SelfCommunity's developer docs, 2026-08). */
export const serialChunkBytes = 204_800;

const uploadLifetimeMs = 24 * 3600 * 1000;

const traits: DestinationTraits = {
  sessionCreatedBy: 'first-chunk',
  order: 'ascending',
  maxInFlight: 1,
  maxProofsPerReport: 0,
  finish: 'explicit',
  wholeDigest: 'md5',
  chunkStates: false,
};

/**
 * A destination in memory with SelfCommunity's protocol: the reply to the first chunk creates the upload,
 * each chunk must start at the end of the earlier one, and the MD5 of all bytes completes the upload.
 */
export class Serial implements Destination, TestService {
  readonly identity = 'serial';
  readonly traits = traits;
  readonly destination: Destination = this;
  readonly faults: Faults;
  readonly #clock: Clock;
  readonly #options: ServiceOptions;
  readonly #uploads: Upload[] = [];
  readonly #media: Media[] = [];

  constructor(clock: Clock, options: ServiceOptions) {
    this.#clock = clock;
    this.#options = options;
    this.faults = new Faults(clock);
  }

  accept() {
    return { kind: 'document', maxBytes: this.#options.maxBytes, maxFilenameLength };
  }

  /** Makes no call: the caller chooses the chunk size. */
  async openSession({ source }: SessionRequest): Promise<UploadSession> {
    const chunkSizeBytes = Math.min(this.#options.chunkSizeBytes, serialChunkBytes);
    const totalChunks = chunkCount(source.sizeBytes, chunkSizeBytes);
    return { uploadId: '', chunkSizeBytes, totalChunks, details: {} };
  }

  async prepareChunks(): Promise<void> {}

  /** The adapter reads a rejection with the chunk's end offset as the lost reply. */
  async sendChunk(session: UploadSession, chunk: Chunk, body: ChunkBody): Promise<ChunkDelivery> {
    if (session.uploadId !== '') this.#upload(session.uploadId);
    return this.faults.send(body, (bytes) =>
      deliveryOf(session, chunk, this.#takeChunk(session.uploadId, chunk.range.start, bytes)),
    );
  }

  async reportProofs(): Promise<never> {
    throw new TransferError('UnexpectedError', 'this service accepts no reports');
  }

  async finish(
    session: UploadSession,
    _proofs: readonly ChunkProof[],
    digest: string | undefined,
  ): Promise<UploadSession> {
    return this.faults.call('finish', () => this.#complete(session, digest));
  }

  /** Sends one impossible chunk: a service that knows the upload replies with its offset. */
  async sessionStatus({ uploadId }: UploadSession): Promise<SessionStatus> {
    const isKnown = uploadId === '' || this.#find(uploadId) !== undefined;
    return { phase: isKnown ? 'active' : 'expired' };
  }

  async chunkStates(): Promise<never> {
    throw new TransferError('UnexpectedError', 'this service reports no chunk states');
  }

  async assetStatus(assetId: string): Promise<AssetStatus> {
    const media = this.#mediaOf(assetId);
    return { phase: media && !media.isDeleted ? 'ready' : 'missing' };
  }

  async storedSha256(assetId: string): Promise<string> {
    return hex('sha256', this.#mediaOf(assetId)?.bytes ?? Buffer.alloc(0));
  }

  assetIds(): readonly string[] {
    return this.#media.map((_, i) => `media-${i + 1}`);
  }

  forgetSessions(): void {
    for (const upload of this.#uploads) upload.isForgotten = true;
  }

  deleteAsset(assetId: string): void {
    const media = this.#mediaOf(assetId);
    if (media) media.isDeleted = true;
  }

  /** Without an upload's id, a first chunk starts a new upload. */
  #takeChunk(uploadId: string, start: number, bytes: Buffer): ChunkAnswer {
    if (uploadId === '' && start > 0) return { status: 400, uploadId, offset: 0 };
    const known = uploadId === '' ? this.#begin() : uploadId;
    const upload = this.#upload(known);
    const status = upload.held.length === start ? 201 : 400;
    if (status === 201) upload.held = Buffer.concat([upload.held, bytes]);
    const { held, expiresAt } = upload;
    return { status, uploadId: known, offset: held.length, expiresAt };
  }

  #begin(): string {
    const expiresAt = this.#clock.now() + uploadLifetimeMs;
    return `sc-${this.#uploads.push({ held: Buffer.alloc(0), expiresAt })}`;
  }

  /** Creates a second asset if it is repeated, as the service does. */
  #complete(session: UploadSession, md5: string | undefined): UploadSession {
    const { held } = this.#upload(session.uploadId);
    if (hex('md5', held) !== md5) {
      throw new TransferError('RequestRejectedError', `400: md5 of ${held.length} bytes differs`);
    }
    return { ...session, assetId: `media-${this.#media.push({ bytes: held })}` };
  }

  #find(uploadId: string): Upload | undefined {
    const upload = this.#uploads[Number(uploadId.replace('sc-', '')) - 1];
    const isUsable = upload && !upload.isForgotten && upload.expiresAt > this.#clock.now();
    return isUsable ? upload : undefined;
  }

  #upload(uploadId: string): Upload {
    const upload = this.#find(uploadId);
    if (upload) return upload;
    throw new TransferError('SessionExpiredError', `no upload ${uploadId}, or it has expired`);
  }

  #mediaOf(assetId: string): Media | undefined {
    return this.#media[Number(assetId.replace('media-', '')) - 1];
  }
}

/** @throws ChunkMismatchError - the service holds another number of bytes than the chunk's start */
function deliveryOf(session: UploadSession, chunk: Chunk, answer: ChunkAnswer): ChunkDelivery {
  const { start, endInclusive } = chunk.range;
  if (answer.status === 400 && answer.offset !== endInclusive + 1) {
    throw new TransferError(
      'ChunkMismatchError',
      `chunk ${chunk.index} begins at ${start}; the service holds ${answer.offset} bytes`,
    );
  }
  const { uploadId, expiresAt } = answer;
  return {
    proof: String(endInclusive + 1),
    evidence: 'none',
    session: { ...session, uploadId, expiresAt },
  };
}
