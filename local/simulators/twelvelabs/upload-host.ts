import type { IncomingMessage, ServerResponse } from 'node:http';
import { befall, type ErrorWording, earlyEnd, faultReply, holdBack } from './befall.ts';
import type { CallRecord } from './call-log.ts';
import type { Fault } from './faults.ts';
import type { Parts } from './parts.ts';
import { hexDigits } from './randomness.ts';
import { type Received, receiveChunk } from './receive-chunk.ts';
import { type Reply, sendReply, storageError } from './replies.ts';
import type { Session } from './sessions.ts';

/** A PUT, taken apart: which chunk of which session its URL is for. */
interface Put {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly session: Session | undefined;
  readonly chunkIndex: number;
  readonly record: CallRecord;
}

function arrive(parts: Parts, request: IncomingMessage): Put {
  const url = new URL(request.url ?? '/', parts.urls.origin);
  const uploadId = url.searchParams.get('uploadId') ?? '';
  const chunkIndex = Number(url.searchParams.get('partNumber'));
  const record = parts.calls.begin({
    operation: request.method === 'PUT' ? 'put' : 'other',
    uploadId,
    chunkIndex,
    chunks: [chunkIndex],
    bearsApiKey: request.headers['x-api-key'] !== undefined,
    at: parts.clock.now(),
    urlUse: parts.urls.countUse(url),
    bytes: 0,
    status: 0,
  });
  return { request, url, session: parts.sessions.find(uploadId), chunkIndex, record };
}

const usualCodes: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  404: 'NoSuchUpload',
  429: 'SlowDown',
  500: 'InternalError',
  503: 'SlowDown',
};

const wording: ErrorWording = (status, code, message) =>
  storageError(status, code ?? usualCodes[status] ?? 'InvalidRequest', message);

const noSuchUpload = (): Reply =>
  storageError(404, 'NoSuchUpload', 'The specified upload does not exist.');

function lacksSignedHeader(parts: Parts, { request, session }: Put): boolean {
  if (!parts.switches.requireUploadHeaders) return false;
  const required = Object.entries(session?.uploadHeaders ?? {});
  return required.some(([name, value]) => request.headers[name.toLowerCase()] !== value);
}

/** Why a PUT is turned away before its body is read, if it is. */
function refusal(parts: Parts, put: Put): Reply | undefined {
  if (parts.switches.requireUserAgent && put.request.headers['user-agent'] === undefined) {
    return storageError(403, 'AccessDenied', 'The request has no User-Agent.');
  }
  const refused = parts.urls.refusal(put.url, put.record.urlUse ?? 1);
  if (refused) return refused;
  if (put.request.method !== 'PUT' || lacksSignedHeader(parts, put)) {
    const text = 'The request is not the one that was signed.';
    return storageError(403, 'SignatureDoesNotMatch', text);
  }
  if (!put.session || !parts.sessions.isOpen(put.session)) return noSuchUpload();
  if (put.request.headers['content-length'] !== undefined) return undefined;
  const text = 'You must provide the Content-Length HTTP header.';
  return storageError(411, 'MissingContentLength', text);
}

/** The faults that are refusals of this host's own. */
function staged(parts: Parts, put: Put, fault: Fault | undefined): Reply | undefined {
  if (fault?.kind === 'expired-url') return parts.urls.expiredReply(put.url);
  return fault?.kind === 'used-url' ? parts.urls.usedReply() : undefined;
}

function etagOf(parts: Parts, put: Put, md5: string, fault: Fault | undefined): string {
  const { etag, wrongEtagChunks } = parts.switches;
  const isWrong = fault?.kind === 'wrong-etag' || wrongEtagChunks.includes(put.chunkIndex);
  if (isWrong || etag === 'kms' || etag === 'kms-silent') return hexDigits(parts.random, 32);
  return etag === 'opaque' ? `opaque-${hexDigits(parts.random, 20)}` : md5;
}

function stored(parts: Parts, etag: string, fault: Fault | undefined): Reply {
  const isAbsent = fault?.kind === 'no-etag' || parts.switches.etag === 'absent';
  const headers = {
    Server: 'AmazonS3',
    ...(!isAbsent && { ETag: `"${etag}"` }),
    ...(parts.switches.etag === 'kms' && { 'x-amz-server-side-encryption': 'aws:kms' }),
  };
  return { status: 200, headers, body: '' };
}

/** Keeps a chunk that has come whole, unless its session closed meanwhile. */
function keep(parts: Parts, put: Put, received: Received, fault: Fault | undefined): Reply {
  const { session, chunkIndex, url } = put;
  if (!session || session.forgotten || !parts.sessions.isOpen(session)) {
    void received.content.drop();
    return noSuchUpload();
  }
  const etag = etagOf(parts, put, received.md5, fault);
  parts.urls.recordTaken(url);
  parts.sessions.keep(session, chunkIndex, { ...received, etag });
  return stored(parts, etag, fault);
}

/** Reads and keeps the body; undefined where the connection ended first. */
async function take(parts: Parts, put: Put, fault: Fault | undefined): Promise<Reply | undefined> {
  const received = await receiveChunk(put.request, put.record, parts.storage, fault);
  return received && keep(parts, put, received, fault);
}

/** The upload host's door: one PUT a chunk, judged before its body is read. */
export function uploadListener(parts: Parts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const put = arrive(parts, request);
    const fault = await befall(parts, put.record, response);
    const endsMidBody = fault?.kind === 'stall' && fault.afterBytes !== undefined;
    const end = endsMidBody ? undefined : earlyEnd(fault, wording);
    if (end === 'reset') request.socket.resetAndDestroy();
    if (end === 'reset' || end === 'stall') return;
    const refused = end ?? staged(parts, put, fault) ?? refusal(parts, put);
    if (refused && parts.switches.refusedPut === 'close') response.shouldKeepAlive = false;
    const reply = refused ?? (await take(parts, put, fault));
    if (fault?.kind === 'lost-reply') request.socket.destroy();
    if (!reply || fault?.kind === 'lost-reply') return;
    if (!(await holdBack(parts, fault, response))) return;
    const sent = refused ?? faultReply(fault, wording) ?? reply;
    put.record.status = sent.status;
    put.record.endedAt = parts.clock.now();
    sendReply(response, sent);
  };
}
