import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';

/** The size of every chunk, in bytes. */
export const size = 10;

export const uploads = '/multipart-uploads';

/** The simulator's time, in milliseconds since 1970. Tests change it. */
export const time = { now: 0 };

/** The simulator of the current test. */
export let simulator: TwelveLabsSimulator;

/** Starts a simulator before each test. Its time is midnight UTC, 2026-11-21. */
export function startBeforeEach(): void {
  beforeEach(async () => {
    time.now = Date.UTC(2026, 10, 21);
    const clock = { now: () => time.now, sleep: async () => {} };
    simulator = await startTwelveLabs({ clock, store: 'memory', chunkSizeBytes: size });
  });
  afterEach(() => simulator.close());
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read replies of any shape
  readonly body: any;
  readonly headers: Headers;
}

export async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const reply = await fetch(`${simulator.baseUrl}/assets${path}`, {
    method,
    headers: { 'x-api-key': simulator.apiKey },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  const isJson = reply.headers.get('content-type') === 'application/json';
  return { status: reply.status, body: isJson ? JSON.parse(text) : text, headers: reply.headers };
}

export function create(chunks: number, fields: object = {}): Promise<Answer> {
  const required = { filename: 'film.mp4', type: 'video', total_size: chunks * size };
  return call('POST', uploads, { ...required, ...fields });
}

/** Opens a session. Returns its ids and its first URLs, by chunk. */
export async function open(chunks: number) {
  const { body } = await create(chunks);
  const urls: string[] = body.upload_urls.map((entry: { url: string }) => entry.url);
  return { id: body.upload_id as string, assetId: body.asset_id as string, urls: ['', ...urls] };
}

export async function freshUrl(id: string, index: number): Promise<string> {
  const { body } = await call('POST', `${uploads}/${id}/presigned-urls`, {
    start: index,
    count: 1,
  });
  return body.upload_urls[0].url;
}

export async function put(
  url: string | undefined,
  bytes: Buffer = randomBytes(size),
  headers = {},
) {
  const reply = await fetch(url ?? '', { method: 'PUT', body: new Uint8Array(bytes), headers });
  const text = await reply.text();
  const etag = reply.headers.get('etag')?.replaceAll('"', '') ?? '';
  return { status: reply.status, text, etag, headers: reply.headers };
}

export function proofOf(index: number, proof: string, chunkSize: number = size) {
  return { chunk_index: index, proof, proof_type: 'etag', chunk_size: chunkSize };
}

export function report(id: string, ...chunks: object[]): Promise<Answer> {
  return call('POST', `${uploads}/${id}`, { completed_chunks: chunks });
}

export async function status(id: string): Promise<Answer['body']> {
  return (await call('GET', `${uploads}/${id}`)).body;
}

export function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Sends and reports a session of one chunk. */
export async function uploaded(bytes: Buffer = randomBytes(size)) {
  const session = await open(1);
  const { etag } = await put(session.urls[1], bytes);
  const { body } = await report(session.id, proofOf(1, etag));
  return { ...session, etag, receipt: body };
}
