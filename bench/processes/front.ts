import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { listenOnLoopback } from '#local/emulators/loopback.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import { clientOf } from '../rivals/versitygw.ts';
import type { Bucket } from './servers.ts';
import { serveRequests } from './worker-process.ts';

/** A request to the front: the bucket to store assets in, and the chunk size of future uploads. */
export interface FrontRequest {
  readonly target: Bucket;
  readonly chunkSizeBytes: number;
}

interface Session {
  readonly uploadId: string;
  readonly assetId: string;
  readonly totalSize: number;
  readonly chunkSize: number;
  readonly totalChunks: number;
  readonly etags: Map<number, string>;
  readonly createdAt: string;
}

interface Body {
  readonly total_size?: number;
  readonly start?: number;
  readonly count?: number;
  readonly completed_chunks?: readonly { readonly chunk_index: number; readonly proof: string }[];
}

const apiKey = 'tlk_bench';
const sessions = new Map<string, Session>();
let bucket: Bucket;
let client: S3Client | undefined;
let chunkSize = 0;

/**
 * The part of TwelveLabs that a transfer without failures needs. Its presigned URLs are those of an S3
 * multipart upload, as in the service. The last report completes the upload; the asset is ready at once.
 */
const server = createServer((request, response) => {
  answer(request)
    .catch((error: unknown) => [500, { code: 'front_failed', message: String(error) }] as const)
    .then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
});
const url = await listenOnLoopback(server);

serveRequests(async ({ target, chunkSizeBytes }: FrontRequest) => {
  bucket = target;
  client ??= clientOf(target);
  chunkSize = chunkSizeBytes;
  return { baseUrl: `${url}/v1.3`, apiKey };
});

type Answer = readonly [status: number, body: object];

const notFound: Answer = [404, { code: 'resource_not_exist', message: 'Unknown path.' }];

async function answer(request: IncomingMessage): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', url);
  const [, kind = '', first, second] =
    /^\/v1\.3\/(assets)(?:\/([^/]+))?(?:\/([^/]+))?/.exec(pathname) ?? [];
  if (kind === '' || first === undefined) return notFound;
  if (first !== 'multipart-uploads') return assetReply(first);
  const isPresign = pathname.endsWith('/presigned-urls');
  const body = await bodyOf(request);
  if (second === undefined) return request.method === 'POST' ? create(body) : listReply();
  const session = sessions.get(second);
  if (!session) return notFound;
  if (isPresign) return presign(session, body);
  return request.method === 'POST' ? report(session, body) : statusReply(session);
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const text = Buffer.concat(await request.toArray()).toString();
  return text === '' ? {} : JSON.parse(text);
}

async function create({ total_size: totalSize = 0 }: Body): Promise<Answer> {
  const assetId = randomUUID();
  const command = new CreateMultipartUploadCommand({ Bucket: bucket.bucket, Key: assetId });
  const { UploadId: uploadId = '' } = await openClient().send(command);
  const totalChunks = chunkCount(totalSize, chunkSize);
  const createdAt = new Date().toISOString();
  const etags = new Map<number, string>();
  sessions.set(uploadId, {
    uploadId,
    assetId,
    totalSize,
    chunkSize,
    totalChunks,
    etags,
    createdAt,
  });
  return [
    201,
    {
      upload_id: uploadId,
      asset_id: assetId,
      upload_urls: [],
      upload_headers: {},
      chunk_size: chunkSize,
      total_chunks: totalChunks,
      expires_at: inADay(),
    },
  ];
}

async function presign(session: Session, { start = 1, count = 0 }: Body): Promise<Answer> {
  const indexes = Array.from({ length: count }, (_, n) => start + n);
  const urls = indexes.map(async (index) => {
    const part = { Bucket: bucket.bucket, Key: session.assetId, UploadId: session.uploadId };
    const command = new UploadPartCommand({ ...part, PartNumber: index });
    return {
      chunk_index: index,
      url: await getSignedUrl(openClient(), command, { expiresIn: 3600 }),
      expires_at: inADay(),
    };
  });
  return [200, { upload_urls: await Promise.all(urls) }];
}

async function report(session: Session, { completed_chunks = [] }: Body): Promise<Answer> {
  const { etags, totalChunks, assetId } = session;
  for (const { chunk_index, proof } of completed_chunks) etags.set(chunk_index, proof);
  const isComplete = etags.size === totalChunks;
  if (isComplete) await complete(session);
  return [
    200,
    {
      ...(isComplete && { url: `${url}/assets/${assetId}` }),
      asset_id: assetId,
      processed_chunks: completed_chunks.length,
      duplicate_chunks: 0,
      total_completed: etags.size,
    },
  ];
}

async function complete({ assetId, uploadId, etags }: Session): Promise<void> {
  const Parts = [...etags]
    .sort(([a], [b]) => a - b)
    .map(([PartNumber, ETag]) => ({ PartNumber, ETag }));
  const command = new CompleteMultipartUploadCommand({
    Bucket: bucket.bucket,
    Key: assetId,
    UploadId: uploadId,
    MultipartUpload: { Parts },
  });
  await openClient().send(command);
}

function statusReply(session: Session): Answer {
  const { etags, totalChunks } = session;
  const chunks = Array.from({ length: totalChunks }, (_, n) => ({
    index: n + 1,
    status: etags.has(n + 1) ? 'completed' : 'pending',
  }));
  return [
    200,
    {
      upload_id: session.uploadId,
      status: etags.size === totalChunks ? 'completed' : 'active',
      uploaded_chunks: chunks,
      chunks_completed: etags.size,
      chunks_failed: 0,
      chunks_pending: totalChunks - etags.size,
      page_info: {
        page: 1,
        limit_per_page: totalChunks,
        total_page: 1,
        total_results: totalChunks,
      },
      total_size: session.totalSize,
      created_at: session.createdAt,
    },
  ];
}

function listReply(): Answer {
  return [
    200,
    { data: [], page_info: { page: 1, limit_per_page: 50, total_page: 1, total_results: 0 } },
  ];
}

function assetReply(assetId: string): Answer {
  return [200, { _id: assetId, method: 'direct', status: 'ready' }];
}

function openClient(): S3Client {
  if (client) return client;
  throw new Error('the bucket is not set');
}

function inADay(): string {
  return new Date(Date.now() + 86_400_000).toISOString();
}
