import type { IncomingMessage, ServerResponse } from 'node:http';
import { hexDigits } from '#local/simulators/randomness.ts';
import {
  applyFault,
  delayReply,
  type ErrorFormat,
  earlyEndOf,
  faultReply,
} from '../faults/apply-fault.ts';
import type { Fault } from '../faults/faults.ts';
import type { SimulatorContext } from '../storage/context.ts';
import type { Session } from '../storage/session-store.ts';
import type { CallRecord } from '../wire/call-log.ts';
import { type Reply, sendReply, storageError } from '../wire/replies.ts';
import { type ReceivedChunk, receiveChunk } from './receive-chunk.ts';

/** A parsed PUT, with the session and chunk that its URL is for. */
interface Put {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly session: Session | undefined;
  readonly chunkIndex: number;
  readonly record: CallRecord;
}

function receivePut(context: SimulatorContext, request: IncomingMessage): Put {
  const url = new URL(request.url ?? '/', context.urls.origin);
  const uploadId = url.searchParams.get('uploadId') ?? '';
  const chunkIndex = Number(url.searchParams.get('partNumber'));
  const record = context.calls.begin({
    operation: request.method === 'PUT' ? 'put' : 'other',
    uploadId,
    chunkIndex,
    chunks: [chunkIndex],
    hasApiKey: request.headers['x-api-key'] !== undefined,
    at: context.clock.now(),
    urlUse: context.urls.countUse(url),
    bytes: 0,
    status: 0,
  });
  return { request, url, session: context.sessions.find(uploadId), chunkIndex, record };
}

const usualCodes: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  404: 'NoSuchUpload',
  429: 'SlowDown',
  500: 'InternalError',
  503: 'SlowDown',
};

const formatError: ErrorFormat = (status, code, message) =>
  storageError(status, code ?? usualCodes[status] ?? 'InvalidRequest', message);

const noSuchUpload = (): Reply =>
  storageError(404, 'NoSuchUpload', 'The specified upload does not exist.');

function lacksSignedHeader(context: SimulatorContext, { request, session }: Put): boolean {
  if (!context.switches.requireUploadHeaders) return false;
  const required = Object.entries(session?.uploadHeaders ?? {});
  return required.some(([name, value]) => request.headers[name.toLowerCase()] !== value);
}

/** Returns the error reply for a PUT that is rejected before its body is read. */
function rejectionOf(context: SimulatorContext, put: Put): Reply | undefined {
  if (context.switches.requireUserAgent && put.request.headers['user-agent'] === undefined) {
    return storageError(403, 'AccessDenied', 'The request has no User-Agent.');
  }
  const rejected = context.urls.rejectionOf(put.url, put.record.urlUse ?? 1);
  if (rejected) return rejected;
  if (put.request.method !== 'PUT' || lacksSignedHeader(context, put)) {
    const text = 'The request does not match its signature.';
    return storageError(403, 'SignatureDoesNotMatch', text);
  }
  if (!put.session || !context.sessions.isOpen(put.session)) return noSuchUpload();
  if (put.request.headers['content-length'] !== undefined) return undefined;
  const text = 'You must provide the Content-Length HTTP header.';
  return storageError(411, 'MissingContentLength', text);
}

/** Returns the reply of a fault that simulates an expired or used URL. */
function urlFaultReply(
  context: SimulatorContext,
  put: Put,
  fault: Fault | undefined,
): Reply | undefined {
  if (fault?.kind === 'expired-url') return context.urls.expiredReply(put.url);
  return fault?.kind === 'used-url' ? context.urls.usedReply() : undefined;
}

function etagOf(
  context: SimulatorContext,
  put: Put,
  md5: string,
  fault: Fault | undefined,
): string {
  const { etag, wrongEtagChunks } = context.switches;
  const isWrong = fault?.kind === 'wrong-etag' || wrongEtagChunks.includes(put.chunkIndex);
  if (isWrong || etag === 'kms' || etag === 'kms-silent') return hexDigits(context.random, 32);
  return etag === 'opaque' ? `opaque-${hexDigits(context.random, 20)}` : md5;
}

function storedReply(context: SimulatorContext, etag: string, fault: Fault | undefined): Reply {
  const isAbsent = fault?.kind === 'no-etag' || context.switches.etag === 'absent';
  const headers = {
    Server: 'AmazonS3',
    ...(!isAbsent && { ETag: `"${etag}"` }),
    ...(context.switches.etag === 'kms' && { 'x-amz-server-side-encryption': 'aws:kms' }),
  };
  return { status: 200, headers, body: '' };
}

/** Stores a complete chunk unless its session closed in the meantime. */
function store(
  context: SimulatorContext,
  put: Put,
  received: ReceivedChunk,
  fault: Fault | undefined,
): Reply {
  const { session, chunkIndex, url } = put;
  if (!session || session.forgotten || !context.sessions.isOpen(session)) {
    void received.content.drop();
    return noSuchUpload();
  }
  const etag = etagOf(context, put, received.md5, fault);
  context.urls.recordStored(url);
  context.sessions.storeChunk(session, chunkIndex, { ...received, etag });
  return storedReply(context, etag, fault);
}

/** Reads and stores the body. Returns undefined if the connection ends first. */
async function readAndStore(
  context: SimulatorContext,
  put: Put,
  fault: Fault | undefined,
): Promise<Reply | undefined> {
  const received = await receiveChunk(put.request, put.record, context.storage, fault);
  return received && store(context, put, received, fault);
}

/** Returns the upload host's listener: one PUT for each chunk, checked before its body is read. */
export function uploadListener(context: SimulatorContext) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const put = receivePut(context, request);
    const fault = await applyFault(context, put.record, response);
    const endsMidBody = fault?.kind === 'stall' && fault.afterBytes !== undefined;
    const end = endsMidBody ? undefined : earlyEndOf(fault, formatError);
    if (end === 'reset') request.socket.resetAndDestroy();
    if (end === 'reset' || end === 'stall') return;
    const rejected = end ?? urlFaultReply(context, put, fault) ?? rejectionOf(context, put);
    if (rejected && context.switches.rejectedPut === 'close') response.shouldKeepAlive = false;
    const reply = rejected ?? (await readAndStore(context, put, fault));
    if (fault?.kind === 'lost-reply') request.socket.destroy();
    if (!reply || fault?.kind === 'lost-reply') return;
    if (!(await delayReply(context, fault, response))) return;
    const sent = rejected ?? faultReply(fault, formatError) ?? reply;
    put.record.status = sent.status;
    put.record.endedAt = context.clock.now();
    sendReply(response, sent);
  };
}
