import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { loopbackAddress, loopbackUrl } from '#local/emulators/loopback.ts';
import { readIdentity } from './identity.ts';
import { serveRequests } from './worker-process.ts';

/** A request to the source: return its URL, serve a file as an object, or return and reset the counts. */
export type SourceRequest =
  | { readonly kind: 'url' }
  | {
      readonly kind: 'serve';
      readonly path: string;
      readonly objectPath: string;
      /** Stored with the object, as S3 stores it with new objects. */
      readonly crc64nvme?: string | undefined;
      /** The MD5 of the object, for a destination that needs it. */
      readonly md5?: string | undefined;
    }
  | { readonly kind: 'takeCounts' };

/** The requests since the last `takeCounts`. */
export interface SourceCounts {
  readonly byMethod: Readonly<Record<string, number>>;
  /** The time of the first GET, in milliseconds since 1970. */
  readonly firstGetAt?: number | undefined;
}

interface ServedObject {
  readonly file: FileHandle;
  readonly sizeBytes: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksumHeaders: Readonly<Record<string, string>>;
}

const objects = new Map<string, ServedObject>();
const files = new Map<string, Promise<FileHandle>>();
let counts: Record<string, number> = {};
let firstGetAt: number | undefined;

const bufferBytes = 256 * 1024;

/**
 * The part of S3 that readers need: HEAD and ranged GET of files, with one buffer for each request. It
 * takes 0.4 s of CPU a GiB. s3rver takes 2 to 3 s, as much as the movers, and would distort the results.
 */
const listener = (request: IncomingMessage, response: ServerResponse) => {
  answer(request, response).catch(() => response.destroy());
};
const identity = readIdentity();
const server = identity ? createTlsServer(identity, listener) : createServer(listener);
server.listen(0, loopbackAddress);
await once(server, 'listening');

serveRequests(async (request: SourceRequest) => {
  if (request.kind === 'url') return urlOf(server.address() as AddressInfo);
  if (request.kind === 'serve') return serve(request);
  const taken: SourceCounts = { byMethod: counts, firstGetAt };
  counts = {};
  firstGetAt = undefined;
  return taken;
});

function urlOf(address: AddressInfo): string {
  const url = loopbackUrl(address);
  return identity ? url.replace('http:', 'https:') : url;
}

async function serve({
  path,
  objectPath,
  crc64nvme,
  md5 = createHash('md5').update(objectPath).digest('hex'),
}: Extract<SourceRequest, { kind: 'serve' }>): Promise<void> {
  const opened = files.get(path) ?? open(path);
  files.set(path, opened);
  const file = await opened;
  const { size, mtime } = await file.stat();
  const headers = {
    // Without an MD5, 32 hex digits like S3's ETags. Each object has its own: equal content is moved once only.
    etag: `"${md5}"`,
    'last-modified': mtime.toUTCString(),
    'content-type': 'video/mp4',
    'accept-ranges': 'bytes',
  };
  const checksumHeaders: Record<string, string> = crc64nvme
    ? { 'x-amz-checksum-crc64nvme': crc64nvme, 'x-amz-checksum-type': 'FULL_OBJECT' }
    : {};
  objects.set(objectPath, { file, sizeBytes: size, headers, checksumHeaders });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', headers } = request;
  counts[method] = (counts[method] ?? 0) + 1;
  if (method === 'GET') firstGetAt ??= Date.now();
  const object = objects.get(request.url?.split('?')[0] ?? '');
  if (!object) return void response.writeHead(404).end();
  const isChanged = (headers['if-match'] ?? object.headers.etag) !== object.headers.etag;
  if (isChanged) return void response.writeHead(412).end();
  const range = readRange(headers.range, object.sizeBytes);
  const asksForChecksum = headers['x-amz-checksum-mode'] === 'ENABLED';
  response.writeHead(headers.range ? 206 : 200, {
    ...object.headers,
    // As S3: the sum of the whole object is no sum of a range.
    ...(asksForChecksum && !headers.range && object.checksumHeaders),
    'content-length': range.end - range.start,
    ...(headers.range && {
      'content-range': `bytes ${range.start}-${range.end - 1}/${object.sizeBytes}`,
    }),
  });
  if (method === 'GET') await write(object.file, range, response);
  response.end();
}

/** Returns the requested bytes: from `start` up to, not including, `end`. */
function readRange(header: string | undefined, sizeBytes: number): { start: number; end: number } {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined) return { start: 0, end: sizeBytes };
  return { start: Number(first), end: Math.min(Number(last) + 1, sizeBytes) };
}

/** Writes a range through one buffer. Reuses the buffer once the socket has sent its content. */
async function write(
  file: FileHandle,
  { start, end }: { start: number; end: number },
  response: ServerResponse,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(bufferBytes);
  for (let at = start; at < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(bufferBytes, end - at), at);
    await new Promise<void>((resolve, reject) => {
      response.write(buffer.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()));
    });
    at += bytesRead;
  }
}
