import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxReplyBytes } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import { chunkAt, chunkCount } from '#src/core/transfer/chunk-plan.ts';

/** A part as the storage keeps it: no bytes. */
interface Part {
  readonly sizeBytes: number;
  readonly etag: string;
}

interface Upload {
  readonly name: string;
  readonly sizeBytes: number;
  readonly partSize: number;
  readonly parts: Map<number, Part>;
  readonly reported: Map<number, string>;
}

/** The oldest documents name this lifetime of a URL. */
const urlLifetimeMs = 60_000;

export const baseUrl = 'https://cavatica-api.sbgenomics.com/v2';
const storage = 'https://storage.example';

/** Lets the time of some bytes pass. */
export type PassBytes = (bytes: number) => Promise<void>;

/**
 * Seven Bridges without bytes and without sockets, for objects of terabytes in virtual time. It replies as
 * the documents say, and completes an upload only if every part is stored whole and reported. The simulator
 * of `local/simulators` is the judge of everything else.
 */
export class SparseService {
  /** The calls of the API, in order. */
  readonly calls: { readonly operation: string; readonly at: number }[] = [];
  /** PUTs that began. */
  puts = 0;
  /** Bytes that the storage received, repeated parts included. */
  receivedBytes = 0;
  largestReplyBytes = 0;
  readonly files: { readonly id: string; readonly name: string; readonly size: number }[] = [];
  readonly #uploads = new Map<string, Upload>();
  readonly #clock: Clock;
  readonly #parallelUploads: boolean;

  constructor(clock: Clock, { isSerial = false } = {}) {
    this.#clock = clock;
    this.#parallelUploads = !isSerial;
  }

  async reply(request: HttpRequest, passBytes: PassBytes): Promise<HttpReply> {
    if (request.url.startsWith(storage)) return this.#store(request, passBytes);
    const { pathname, searchParams } = new URL(request.url.slice(baseUrl.length), baseUrl);
    const [, root, , id = '', action, n] = pathname.split('/');
    if (root === 'files') return this.#file(request, pathname.split('/')[2], searchParams);
    const body = typeof request.body === 'string' ? JSON.parse(request.body) : {};
    if (id === '') return this.#initialize(request, body);
    const upload = this.#uploads.get(id);
    if (!upload) return this.#answer('unknown upload', { code: 8003 }, 404);
    if (action === 'part' && n) return this.#urlOf(id, Number(n));
    if (action === 'complete') return this.#complete(id, upload, body.parts ?? []);
    if (request.method === 'POST') return this.#report(upload, body.parts ?? [body]);
    return this.#details(upload, searchParams.has('list_parts'));
  }

  #initialize({ method }: HttpRequest, { name, size, part_size }: Initialize): HttpReply {
    if (method === 'GET') return this.#answer('list', { items: [] });
    const id = `upload-${this.#uploads.size + 1}`;
    const counted = { parts: new Map(), reported: new Map() };
    this.#uploads.set(id, { name, sizeBytes: size, partSize: part_size, ...counted });
    const parallel_uploads = this.#parallelUploads;
    return this.#answer('initialize', { upload_id: id, part_size, parallel_uploads, name });
  }

  #urlOf(id: string, n: number): HttpReply {
    const expires = this.#clock.now() + urlLifetimeMs;
    return this.#answer('url', {
      method: 'PUT',
      url: `${storage}/${id}/${n}?X-Amz-Signature=${'0'.repeat(64)}&expires=${expires}`,
      expires: new Date(expires).toISOString(),
      headers: {},
      success_codes: [200],
      report: { headers: ['ETag'] },
    });
  }

  async #store({ url, body }: HttpRequest, passBytes: PassBytes): Promise<HttpReply> {
    const { pathname, searchParams } = new URL(url);
    const [, id = '', n = ''] = pathname.split('/');
    this.puts++;
    if (Number(searchParams.get('expires')) < this.#clock.now()) return reply(403, '');
    const { parts } = this.#uploads.get(id) as Upload;
    const md5 = createHash('md5');
    let sizeBytes = 0;
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      await passBytes(piece.byteLength);
      sizeBytes += piece.byteLength;
      md5.update(piece);
    }
    const etag = md5.digest('hex');
    this.receivedBytes += sizeBytes;
    parts.set(Number(n), { sizeBytes, etag });
    return reply(200, '', { etag: `"${etag}"` });
  }

  #report({ reported }: Upload, parts: readonly Reported[]): HttpReply {
    for (const { part_number, response } of parts) reported.set(part_number, response.headers.ETag);
    return this.#answer('report', {});
  }

  #details({ reported }: Upload, withParts: boolean): HttpReply {
    const parts = [...reported].map(([part_number, ETag]) => ({
      part_number,
      response: { headers: { ETag: `"${ETag}"` } },
    }));
    const parallel_uploads = this.#parallelUploads;
    const counts = { uploaded_parts_count: reported.size, parallel_uploads };
    return this.#answer('details', { ...counts, ...(withParts && { parts }) });
  }

  #complete(id: string, upload: Upload, rest: readonly Reported[]): HttpReply {
    this.#report(upload, rest);
    this.calls.pop();
    const { name, sizeBytes: size } = upload;
    if (!isWhole(upload)) return this.#answer('incomplete', { code: 8007 }, 400);
    this.#uploads.delete(id);
    const file = { id: `file-${this.files.length + 1}`, name, size };
    this.files.push(file);
    return this.#answer('complete', file);
  }

  #file(_: HttpRequest, id: string | undefined, asked: URLSearchParams): HttpReply {
    if (id === undefined) {
      const items = this.files.filter(({ name }) => name === asked.get('name'));
      return this.#answer('look for a file', { items });
    }
    const file = this.files.find((one) => one.id === id);
    return file ? this.#answer('file', file) : this.#answer('file', {}, 404);
  }

  /** Replies as the real transport reads it: a larger reply would be an error. */
  #answer(operation: string, body: object, status = 200): HttpReply {
    this.calls.push({ operation, at: this.#clock.now() });
    // Indented, as some servers write JSON: the documents bound no reply.
    const text = JSON.stringify(body, null, 1);
    this.largestReplyBytes = Math.max(this.largestReplyBytes, text.length);
    return reply(status, text);
  }
}

interface Initialize {
  readonly name: string;
  readonly size: number;
  readonly part_size: number;
}

interface Reported {
  readonly part_number: number;
  readonly response: { readonly headers: { readonly ETag: string } };
}

function reply(status: number, text: string, headers: HttpReply['headers'] = {}): HttpReply {
  return { status, headers, text };
}

/** True if every part is stored with its size, and reported with its ETag. */
function isWhole({ sizeBytes, partSize, parts, reported }: Upload): boolean {
  const count = chunkCount(sizeBytes, partSize);
  const isPartWhole = (index: number) => {
    const { start, endInclusive } = chunkAt(index, sizeBytes, partSize).range;
    const part = parts.get(index);
    const hasSize = part?.sizeBytes === endInclusive - start + 1;
    return hasSize && reported.get(index) === part.etag;
  };
  const all = Array.from({ length: count }, (_, at) => isPartWhole(at + 1));
  return parts.size === count && reported.size === count && all.every(Boolean);
}

/**
 * Applies the bound of the real transport on a reply.
 * @throws NetworkError
 */
export function boundReply(answer: HttpReply, bound: number = maxReplyBytes): HttpReply {
  if (answer.text.length <= bound) return answer;
  throw new TransferError('NetworkError', `the reply exceeds ${bound} bytes`);
}
