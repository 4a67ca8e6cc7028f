import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type {
  AssetStatus,
  ChunkBody,
  ChunkDelivery,
  ChunkState,
  Destination,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { maxUrlsPerCall } from '#src/destinations/twelvelabs/limits.ts';
import { assumptions } from './assumptions.ts';
import type { Link } from './link.ts';
import { type LoadContext, passTime } from './load-context.ts';
import { tokenEtag } from './sparse-bytes.ts';

/** An upload at the service: one byte a chunk says whether it was sent or reported. */
interface Upload {
  readonly sizeBytes: number;
  readonly chunks: Uint8Array;
  reported: number;
  readyAt: number;
}

const [sent, reported] = [1, 2];

/** The service: sessions without bytes. All functions call the same one. */
export class ModelService {
  readonly #context: LoadContext;
  readonly #uploads = new Map<string, Upload>();
  /** Identity, traits and limits of the deployed destination. Its client is never called. */
  readonly #real: Destination;
  #opened = 0;

  constructor(context: LoadContext) {
    this.#context = context;
    this.#real = realDestination(context);
  }

  /** Returns the destination that one sandbox calls. */
  destinationOf(link: Link): Destination {
    const { identity, traits } = this.#real;
    return {
      identity,
      traits,
      accept: (object) => this.#real.accept(object),
      openSession: ({ source }) => this.#call('openSession', () => this.#open(source.sizeBytes)),
      prepareChunks: (_, indexes) => this.#fetchUrls(indexes.length),
      sendChunk: (session, { index }, body) => this.#send(link, session, index, body),
      reportProofs: (session, proofs) =>
        this.#call('reportProofs', () => this.#report(session, proofs)),
      finish: async (session) => session,
      sessionStatus: (session) => this.#call('sessionStatus', () => this.#statusOf(session)),
      chunkStates: (session) => this.#call('chunkStates', () => this.#statesOf(session)),
      assetStatus: (assetId) => this.#call('assetStatus', () => this.#assetOf(assetId)),
      listUnfinished: () => this.#call('listUnfinished', () => this.#unfinished()),
    };
  }

  /** Drops the upload of a ready asset. */
  forget(assetId: string): void {
    this.#uploads.delete(uploadOf(assetId));
  }

  get uploads(): number {
    return this.#uploads.size;
  }

  async #call<T>(name: string, answer: () => T): Promise<T> {
    this.#context.tally.service.add(name);
    await passTime(this.#context, assumptions.serviceMs);
    return answer();
  }

  /** As the real client: one call for as many URLs as the service signs at once. */
  async #fetchUrls(chunks: number): Promise<void> {
    for (let at = 0; at < chunks; at += maxUrlsPerCall) await this.#call('presignedUrls', () => {});
  }

  #open(sizeBytes: number): UploadSession {
    const { chunkBytes } = assumptions;
    const id = String(++this.#opened);
    const totalChunks = chunkCount(sizeBytes, chunkBytes);
    const chunks = new Uint8Array(totalChunks + 1);
    this.#uploads.set(id, { sizeBytes, chunks, reported: 0, readyAt: Number.POSITIVE_INFINITY });
    this.#context.peaks.sessions.change(1);
    return {
      uploadId: id,
      assetId: `asset ${id}`,
      chunkSizeBytes: chunkBytes,
      totalChunks,
      expiresAt: this.#context.clock.now() + 24 * 3600 * 1000,
      details: { 'Content-Type': 'application/octet-stream' },
    };
  }

  async #send(
    link: Link,
    session: UploadSession,
    index: number,
    body: ChunkBody,
  ): Promise<ChunkDelivery> {
    const { tally, peaks, clock } = this.#context;
    tally.service.add('chunk PUT');
    peaks.chunksOfOneCall.set(++link.inFlight);
    for await (const _ of body.open()) await clock.sleep(link.reserve(body.sizeBytes));
    link.inFlight--;
    this.#find(session).chunks[index] ||= sent;
    return { proof: tokenEtag, evidence: 'etag', host: 'storage.example' };
  }

  #report(session: UploadSession, proofs: readonly ChunkProof[]) {
    const upload = this.#find(session);
    let accepted = 0;
    for (const { index } of proofs) accepted += markReported(upload, index);
    upload.reported += accepted;
    const complete = upload.reported === session.totalChunks;
    if (complete && accepted > 0) this.#complete(upload);
    return { accepted, duplicates: proofs.length - accepted, complete };
  }

  #complete(upload: Upload): void {
    const { clock, random, peaks } = this.#context;
    const [least, most] = assumptions.processingMs;
    upload.readyAt = clock.now() + least + random() * (most - least);
    peaks.sessions.change(-1);
  }

  #statusOf(session: UploadSession) {
    const { reported: completed } = this.#find(session);
    const pending = session.totalChunks - completed;
    const phase = pending === 0 ? ('completed' as const) : ('active' as const);
    return { phase, counts: { completed, pending, failed: 0 } };
  }

  #statesOf(session: UploadSession) {
    const { chunks } = this.#find(session);
    const states = new Map<number, ChunkState>();
    for (let index = 1; index < chunks.length; index++)
      states.set(index, chunks[index] === reported ? 'completed' : 'pending');
    return { states };
  }

  #assetOf(assetId: string): AssetStatus {
    const upload = this.#uploads.get(uploadOf(assetId));
    if (!upload) return { phase: 'missing' };
    return { phase: this.#context.clock.now() < upload.readyAt ? 'processing' : 'ready' };
  }

  #unfinished() {
    const unfinished = [...this.#uploads].filter(([, { readyAt }]) => readyAt === Infinity);
    const sessions = unfinished.map(([uploadId, { sizeBytes }]) => ({ uploadId, sizeBytes }));
    return { sessions, truncated: false };
  }

  #find({ uploadId }: UploadSession): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload) return upload;
    throw new Error(`the service knows no upload ${uploadId}`);
  }
}

/** Returns 1 if the chunk was not reported before. */
function markReported({ chunks }: Upload, index: number): number {
  if (!chunks[index]) throw new Error(`chunk ${index} was reported and never sent`);
  if (chunks[index] === reported) return 0;
  chunks[index] = reported;
  return 1;
}

function uploadOf(assetId: string): string {
  return assetId.replace('asset ', '');
}

function realDestination({ clock }: LoadContext): Destination {
  const quiet = () => {};
  const unused = async () => {
    throw new Error('the real client was called');
  };
  return createTwelveLabs({
    transport: { send: unused },
    apiKey: { get: unused, refresh: unused },
    baseUrl: 'https://api.twelvelabs.io/v1.3',
    clock,
    log: { info: quiet, warn: quiet, error: quiet },
  });
}
