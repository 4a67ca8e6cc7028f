import { createHash } from 'node:crypto';
import { CommandError } from '../command-error.ts';
import { compareAnswer, judgeRejection, type ProbeFinding, reportAnswer } from './finding.ts';
import type { ProbedAsset } from './probed-asset.ts';
import { isSuccess, type ProbedService, type ProbeReply, successOf } from './probed-service.ts';

const MiB = 1024 * 1024;

/** The session that the probe opened. */
export interface ProbeSession {
  readonly uploadId: string;
  readonly assetId: string;
  readonly chunkSize: number;
  readonly totalChunks: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The URLs that the reply to the create call held, by chunk. Kept in memory only. */
  readonly urls: ReadonlyMap<number, string>;
}

/** A chunk that was sent, as a report names it. */
export interface SentChunk {
  readonly chunk_index: number;
  readonly proof: string;
  readonly proof_type: 'etag';
  readonly chunk_size: number;
}

/** Opens a session. Notes in `asset` what the service may have created, so that it is deleted in any case. */
export async function openProbeSession(
  service: ProbedService,
  file: Buffer,
  asset: ProbedAsset,
): Promise<ProbeSession> {
  const body = { filename: asset.filename, type: 'video', total_size: file.length };
  asset.mayExist = true;
  const reply = await service.call('POST', '/assets/multipart-uploads', body);
  asset.mayExist = isSuccess(reply) || reply.status >= 500 || reply.status === 408;
  const { json = {} } = successOf(reply, 'opening an upload session');
  const assetId = textIn(json, 'asset_id');
  asset.assetId = assetId;
  const uploadId = textIn(json, 'upload_id');
  asset.uploadId = uploadId;
  const chunkSize = Number(json.chunk_size);
  return {
    uploadId,
    assetId,
    chunkSize,
    totalChunks: Number(json.total_chunks ?? Math.ceil(file.length / chunkSize)),
    headers: Object.fromEntries(
      Object.entries(json.upload_headers ?? {}).map(([name, value]) => [name, String(value)]),
    ),
    urls: urlsIn(json),
  };
}

/** Returns what the reply to the create call shows. */
export function sessionFindings({
  chunkSize,
  totalChunks,
  urls,
  headers,
}: ProbeSession): ProbeFinding[] {
  const names = Object.keys(headers).join(', ') || 'none';
  const assumed = 5 * MiB;
  const holds = chunkSize === assumed;
  return [
    compareAnswer('chunkSizeBytes', `${chunkSize} bytes`, `${assumed} bytes`, holds),
    reportAnswer('chunks of the file', String(totalChunks)),
    reportAnswer('initialUrls', `${urls.size} URLs in the reply to the create call`),
    reportAnswer('uploadHeaders', names),
  ];
}

function textIn(json: Readonly<Record<string, unknown>>, name: string): string {
  const value = json[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new CommandError(
    'failed',
    `The probe could not go on: the reply to the create call has no ${name}. Report this to the service.`,
  );
}

/** Returns the presigned URLs of a reply, by chunk. */
export function urlsIn(json: Readonly<Record<string, unknown>> = {}): Map<number, string> {
  const list = Array.isArray(json.upload_urls) ? json.upload_urls : [];
  return new Map(list.map(({ chunk_index, url }) => [Number(chunk_index), String(url)]));
}

/** Asks for the URLs of a span. */
export function askUrls(
  service: ProbedService,
  { uploadId }: ProbeSession,
  start: number,
  count: number,
): Promise<ProbeReply> {
  return service.call('POST', `${pathOf(uploadId)}/presigned-urls`, { start, count });
}

/** Returns the path of an upload session. */
export function pathOf(uploadId: string): string {
  return `/assets/multipart-uploads/${encodeURIComponent(uploadId)}`;
}

/** Returns the bytes of a chunk, by its index from 1. */
export function chunkOf(file: Buffer, { chunkSize }: ProbeSession, index: number): Buffer {
  return file.subarray((index - 1) * chunkSize, index * chunkSize);
}

/** Sends a chunk to a fresh URL. */
export async function sendFresh(
  service: ProbedService,
  session: ProbeSession,
  file: Buffer,
  index: number,
): Promise<SentChunk> {
  const reply = successOf(await askUrls(service, session, index, 1), 'asking for a URL');
  const url = urlsIn(reply.json).get(index) ?? '';
  const bytes = chunkOf(file, session, index);
  const put = successOf(await service.put(url, session.headers, bytes), `sending chunk ${index}`);
  return sentChunk(index, bytes, put);
}

/** Returns what a report says about a sent chunk. */
export function sentChunk(index: number, bytes: Buffer, { headers }: ProbeReply): SentChunk {
  const proof = (headers.etag ?? '').replace(/^"|"$/g, '');
  return { chunk_index: index, proof, proof_type: 'etag', chunk_size: bytes.length };
}

/** Returns the finding about the form of an ETag. */
export function etagFinding(bytes: Buffer, { headers }: ProbeReply): ProbeFinding {
  const etag = (headers.etag ?? '').replace(/^"|"$/g, '');
  const encryption = headers['x-amz-server-side-encryption'];
  const md5 = createHash('md5').update(bytes).digest('hex');
  const isMd5 = etag.toLowerCase() === md5;
  const form = isMd5 ? 'the MD5 of the bytes' : etag === '' ? 'absent' : 'opaque';
  const found = encryption === undefined ? form : `${form}, encryption ${encryption}`;
  return compareAnswer('etag', found, 'the MD5 of the bytes', isMd5);
}

/** Returns the finding about a second use of a URL. */
export function singleUseFinding(again: ProbeReply): ProbeFinding {
  return judgeRejection('singleUse', again, 'a used URL', `accepted again (${again.status})`);
}
