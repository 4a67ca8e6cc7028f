import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendReply, storageError } from '../twelvelabs/wire/replies.ts';
import type { SimulatorContext } from './context.ts';
import type { Fault } from './faults.ts';
import { expiredReply } from './part-address.ts';
import { Rejection, type Reply } from './replies.ts';
import type { StoredPart, Upload } from './uploads.ts';

/** Returns the listener of the S3-like storage, which takes PUTs of parts. */
export function createStorageListener(context: SimulatorContext) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', context.addresses.origin);
    const { headers } = request;
    const hasToken =
      headers['x-sbg-auth-token'] !== undefined || headers.authorization !== undefined;
    const part = Number(url.searchParams.get('partNumber'));
    const record = {
      ...{ operation: 'put' as const, at: context.clock.now(), hasToken, parts: [part], status: 0 },
    };
    context.calls.push(record);
    const fault = context.faults.take('put');
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const reply =
      rejectionOf(context, request, url, fault) ?? (await receive(context, request, url, part));
    if (fault?.kind === 'lost-reply') {
      response.socket?.destroy();
      return;
    }
    request.resume();
    record.status = reply.status;
    sendReply(response, fault?.kind === 'wrong-etag' ? withEtag(reply, '0'.repeat(32)) : reply);
  };
}

function rejectionOf(
  { addresses, switches }: SimulatorContext,
  { method, headers }: IncomingMessage,
  url: URL,
  fault: Fault | undefined,
): Reply | undefined {
  if (fault?.kind === 'status')
    return storageError(fault.status, String(fault.body ?? 'InternalError'), 'Planned.');
  if (fault?.kind === 'expired-url') return expiredReply();
  if (fault?.kind === 'throttle') {
    const reply = storageError(503, 'SlowDown', 'Please reduce your request rate.');
    return { ...reply, headers: { ...reply.headers, 'Retry-After': String(fault.seconds) } };
  }
  if (method !== 'PUT') return storageError(405, 'MethodNotAllowed', 'Use PUT.');
  if (headers['x-sbg-auth-token'] || headers.authorization)
    return storageError(400, 'InvalidArgument', 'Only one auth mechanism allowed.');
  if (headers['content-length'] === undefined)
    return storageError(411, 'MissingContentLength', 'Content-Length is required.');
  const missing = Object.entries(switches.requiredHeaders).find(
    ([name, value]) => headers[name.toLowerCase()] !== value,
  );
  if (missing) return storageError(403, 'SignatureDoesNotMatch', `Header ${missing[0]} differs.`);
  return addresses.rejectionOf(url);
}

/** Stores the bytes of a PUT; the last one counts. */
async function receive(
  context: SimulatorContext,
  request: IncomingMessage,
  url: URL,
  part: number,
): Promise<Reply> {
  const upload = uploadOf(context, url);
  if (!upload) return storageError(404, 'NoSuchUpload', 'The upload does not exist.');
  const stored = await readPart(context, request);
  upload.stored.set(part, stored);
  return withEtag({ status: 200, headers: {}, body: '' }, stored.etag);
}

function uploadOf({ store }: SimulatorContext, url: URL): Upload | undefined {
  try {
    return store.upload(url.pathname.split('/').at(-1) ?? '');
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}

async function readPart(
  { keepsBytes, switches }: SimulatorContext,
  request: IncomingMessage,
): Promise<StoredPart> {
  const md5 = createHash('md5');
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    md5.update(piece);
    sizeBytes += piece.length;
    if (keepsBytes) pieces.push(piece);
  }
  const digest = md5.digest('hex');
  const etag = switches.etags === 'md5' ? digest : `${digest}-opaque`;
  return { sizeBytes, etag, bytes: keepsBytes ? Buffer.concat(pieces) : undefined };
}

function withEtag(reply: Reply, etag: string): Reply {
  return { ...reply, headers: { ...reply.headers, ETag: `"${etag}"` } };
}
