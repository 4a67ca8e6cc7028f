import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { Destination, UploadSession } from '#src/core/transfer/destination.ts';
import { createSelfCommunity } from '#src/destinations/selfcommunity/destination.ts';
import type { Mode } from '#src/destinations/selfcommunity/settings.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { ManualClock } from '../../harness/clock.ts';

export const call = { signal: new AbortController().signal };

export interface UploaderOptions {
  readonly baseUrl: string;
  readonly mode: Mode;
  /** The text of the secret, or its source. */
  readonly secret: string | (() => string) | ApiKeySource;
  readonly clock?: Clock;
  readonly chunkSizeBytes?: number;
}

/** The adapter at a service, with its requests and log lines. */
export interface Uploader {
  readonly destination: Destination;
  readonly sent: HttpRequest[];
  readonly logged: { readonly message: string; readonly fields: LogFields }[];
  /** Replaces the reply of each request from now on. */
  intercept: (request: HttpRequest, reply: HttpReply) => HttpReply;
}

/** Creates the adapter with the real transport, which ends with the test. */
export function createUploader(options: UploaderOptions): Uploader {
  const { baseUrl, mode, clock = new ManualClock(), chunkSizeBytes } = options;
  const agent = createAgent();
  onTestFinished(() => closeAgent(agent));
  const transport = createTransport({ agent, clock });
  const apiKey = keySourceOf(options.secret);
  const logged: Uploader['logged'] = [];
  const log = (message: string, fields: LogFields = {}) => void logged.push({ message, fields });
  const uploader: Uploader = {
    sent: [],
    logged,
    intercept: (_, reply) => reply,
    destination: createSelfCommunity({
      transport: {
        send: async (request) => {
          uploader.sent.push(request);
          return uploader.intercept(request, await transport.send(request));
        },
      },
      apiKey,
      settings: { baseUrl, mode },
      log: { info: log, warn: log, error: log },
      ...{ clock, chunkSizeBytes },
    }),
  };
  return uploader;
}

function keySourceOf(secret: UploaderOptions['secret']): ApiKeySource {
  if (typeof secret === 'object') return secret;
  const text = async () => (typeof secret === 'string' ? secret : secret());
  return { get: text, refresh: text };
}

/** One upload by direct calls of the adapter. */
export class Upload {
  session: UploadSession;
  readonly proofs = new Map<number, ChunkProof>();
  readonly bytes: Buffer;
  readonly #uploader: Uploader;

  private constructor(uploader: Uploader, bytes: Buffer, session: UploadSession) {
    this.#uploader = uploader;
    this.bytes = bytes;
    this.session = session;
  }

  static async open(
    uploader: Uploader,
    bytes: Buffer,
    key = 'papers/report.pdf',
    contentType = 'application/pdf',
  ): Promise<Upload> {
    const source = { bucket: 'papers', key, etag: 'e1', sizeBytes: bytes.length, contentType };
    const { kind } = uploader.destination.accept(source);
    const filename = key.slice(key.lastIndexOf('/') + 1);
    const session = await uploader.destination.openSession(
      { source, kind, filename, options: {} },
      call,
    );
    return new Upload(uploader, bytes, session);
  }

  /** Sends chunks in sequence, by their indexes. Default: all. */
  async send(...indexes: number[]): Promise<void> {
    const all = Array.from({ length: this.session.totalChunks }, (_, i) => i + 1);
    for (const index of indexes.length > 0 ? indexes : all) await this.#sendOne(index);
  }

  async #sendOne(index: number): Promise<void> {
    const chunk = chunkAt(index, this.bytes.length, this.session.chunkSizeBytes);
    const bytes = this.bytes.subarray(chunk.range.start, chunk.range.endInclusive + 1);
    const open = async function* () {
      yield bytes;
    };
    const body = { sizeBytes: lengthOf(chunk.range), open };
    const { destination } = this.#uploader;
    const { session, proof } = await destination.sendChunk(this.session, chunk, body, call);
    this.session = session ?? this.session;
    this.proofs.set(index, { index, sizeBytes: body.sizeBytes, proof, md5: '' });
  }

  async finish(md5 = createHash('md5').update(this.bytes).digest('hex')): Promise<string> {
    const { destination } = this.#uploader;
    this.session = await destination.finish(this.session, [...this.proofs.values()], md5, call);
    return this.session.assetId ?? '';
  }

  get sha256(): string {
    return createHash('sha256').update(this.bytes).digest('hex');
  }
}
