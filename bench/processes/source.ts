import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { loopbackAddress, loopbackUrl } from '#local/emulators/loopback.ts';
import { serveRequests } from '../worker-process.ts';

/** A request to the source: return its URL, serve a file as an object, or return and reset the counts. */
export type SourceRequest =
  | { readonly kind: 'url' }
  | { readonly kind: 'serve'; readonly path: string; readonly objectPath: string }
  | { readonly kind: 'takeCounts' };

interface ServedObject {
  readonly file: FileHandle;
  readonly sizeBytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

const objects = new Map<string, ServedObject>();
let counts: Record<string, number> = {};

const bufferBytes = 256 * 1024;

/**
 * The part of S3 that readers need: HEAD and ranged GET of files, with one buffer for each request. It
 * takes 0.4 s of CPU a GiB. s3rver takes 2 to 3 s, as much as the movers, and would distort the results.
 */
const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, loopbackAddress);
await once(server, 'listening');

serveRequests(async (request: SourceRequest) => {
  if (request.kind === 'url') return loopbackUrl(server.address() as never);
  if (request.kind === 'serve') return serve(request.objectPath, request.path);
  const taken = counts;
  counts = {};
  return taken;
});

async function serve(objectPath: string, path: string): Promise<void> {
  const file = await open(path);
  const { size, mtime } = await file.stat();
  const headers = {
    // 32 hex digits like S3's ETags. The value does not matter here.
    etag: `"${createHash('md5').update(path).digest('hex')}"`,
    'last-modified': mtime.toUTCString(),
    'content-type': 'video/mp4',
    'accept-ranges': 'bytes',
  };
  objects.set(objectPath, { file, sizeBytes: size, headers });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', headers } = request;
  counts[method] = (counts[method] ?? 0) + 1;
  const object = objects.get(request.url?.split('?')[0] ?? '');
  if (!object) return void response.writeHead(404).end();
  const isChanged = (headers['if-match'] ?? object.headers.etag) !== object.headers.etag;
  if (isChanged) return void response.writeHead(412).end();
  const range = readRange(headers.range, object.sizeBytes);
  response.writeHead(headers.range ? 206 : 200, {
    ...object.headers,
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
