import type { FaultEffect } from '#local/simulators/twelvelabs/faults.ts';
import { systemClock } from '#src/config/system-clock.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { deadlineMarginMs } from '#src/core/limits/limits.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { networkFailure } from '#src/http/network-failure.ts';
import { passingText, transientReply } from './api-storm.ts';
import type { Chance } from './chance.ts';
import type { Mishaps } from './fault-classes.ts';
import type { Sandbox } from './sandbox.ts';
import type { Service } from './service.ts';

export type Operation = 'create' | 'put' | 'report' | 'presign' | 'status' | 'asset' | 'list';

/** One request, taken apart. */
export interface Asked {
  readonly operation: Operation;
  readonly uploadId: string;
  /** The chunks that it speaks of, with their proofs where it reports them. */
  readonly chunks: readonly { readonly index: number; readonly proof?: string }[];
}

/** The world between a sandbox and the service. */
export interface Wire {
  readonly service: Service;
  readonly mishaps: Mishaps;
  readonly chance: Chance;
  /** Is told of each request as it reaches the service. */
  arrives(asked: Asked, by: Sandbox): void;
  /** Is told of a reply to a PUT that its sender did not wait for, although it had the time. */
  gaveUpReply(by: Sandbox, waitedMs: number): void;
}

/** How long a reply may take where the request names no time, in ms. */
const defaultReplyTimeoutMs = 30_000;

const minuteMs = 60_000;

export function faultyTransport(wire: Wire, by: Sandbox): Transport {
  return {
    send: (request) => {
      const asked = takeApart(request);
      const what = `http ${asked.operation} ${asked.chunks.map(({ index }) => index).join(' ')}`;
      return by.call(what, () => send(wire, by, asked, mortal(request, by)));
    },
  };
}

/** A connection ends with its process. */
function mortal(request: HttpRequest, by: Sandbox): HttpRequest {
  if (typeof request.body !== 'object') return request;
  const controller = new AbortController();
  const abort = () => controller.abort(request.signal.reason);
  if (request.signal.aborted) abort();
  else request.signal.addEventListener('abort', abort, { once: true });
  by.onDeath(() => controller.abort(new Error('the process is dead')));
  return { ...request, signal: controller.signal };
}

async function send(wire: Wire, by: Sandbox, asked: Asked, request: HttpRequest) {
  const { service, mishaps, chance } = wire;
  const slow = asked.operation === 'put' ? 1_500 : 200;
  await systemClock.sleep(chance.between(5, slow), request.signal);
  const isDelayed = mishaps.strikes('request delayed');
  if (isDelayed) await systemClock.sleep(chance.between(1_000, 25_000), request.signal);
  befallSession(wire, asked.uploadId);
  if (mishaps.strikes('request lost')) throw reset(request);
  if (mishaps.strikes('connection refused')) throw refused(wire, request);
  const storm = service.storms.strike(asked.operation);
  if (storm === 'reset') throw reset(request);
  if (storm && storm !== 'reply replaced') return storm;
  const early = purgedReply(wire, asked) ?? earlyRefusal(wire, asked);
  if (early) return early;
  aim(wire, asked);
  wire.arrives(asked, by);
  const reply = await arrive(wire, asked, request);
  const uploadId = asked.operation === 'create' ? createdIn(reply) : undefined;
  if (uploadId) service.unanswered.add(uploadId);
  const answer = storm ? page(502) : await lateAnswer(wire, by, asked, request, reply);
  if (uploadId && answer === reply) service.unanswered.delete(uploadId);
  if (answer !== reply) return answer;
  if (asked.operation === 'report') noteCompletion(by, asked.uploadId, reply);
  return service.replies.loosen(asked.operation, request.url, reply);
}

/** The service takes the request; the bytes of a PUT come as the line carries them. */
async function arrive(
  wire: Wire,
  { operation, uploadId }: Asked,
  request: HttpRequest,
): Promise<HttpReply> {
  const { service, mishaps, chance } = wire;
  const { body, signal } = request;
  const carried = typeof body === 'object' && service.line?.carry(body, signal);
  const reply = await service.transport.send(carried ? { ...request, body: carried } : request);
  if (operation === 'put' && reply.status === 200) service.line?.countStored();
  if (operation !== 'report' || service.purged.has(uploadId)) return reply;
  if (service.parts.sessions.known(uploadId).completesAt === undefined) return reply;
  if (!mishaps.strikes('session 404 after completion')) return reply;
  const forMs = chance.pick([Number.POSITIVE_INFINITY, 10 * minuteMs, 120 * minuteMs]);
  service.purged.set(uploadId, { until: Date.now() + forMs, isWhole: chance.hits(0.5) });
  return reply;
}

/** The 404 of a session that is complete: to those that ask for it or, with some, to everything. */
function purgedReply(
  { service: { purged } }: Wire,
  { operation, uploadId }: Asked,
): HttpReply | undefined {
  const { until = 0, isWhole } = purged.get(uploadId) ?? {};
  const isMeant = operation === 'status' || (isWhole && operation !== 'put');
  if (!isMeant || Date.now() >= until) return undefined;
  const text = '{"code":"resource_not_exist","message":"The upload does not exist."}';
  return { status: 404, headers: {}, text };
}

/** Remembers that this process was told that an upload is complete. */
function noteCompletion(by: Sandbox, uploadId: string, { status, text }: HttpReply): void {
  const { url } = status === 200 ? (JSON.parse(text) as { url?: string }) : {};
  if (url) by.completions.push(uploadId);
}

async function lateAnswer(
  wire: Wire,
  by: Sandbox,
  { operation }: Asked,
  request: HttpRequest,
  reply: HttpReply,
) {
  const { mishaps, chance } = wire;
  if (mishaps.strikes('reply lost')) throw reset(request);
  if (mishaps.strikes('server error after effect')) return page(chance.pick([500, 502, 504]));
  if (mishaps.strikes('request delayed')) await waitFor(chance.between(1_000, 45_000), request);
  // A refusal may come before the last byte, and is no reply that a sender has to wait for.
  const isStored = operation === 'put' && reply.status === 200;
  if (isStored && mishaps.strikes('late reply')) await waitLong(wire, by, request);
  // A process that died meanwhile never saw it.
  return by.isAlive ? reply : page(500);
}

/** As long as a sender is to wait for the reply to a PUT, unless its own time is up before. */
async function waitLong({ chance, gaveUpReply }: Wire, by: Sandbox, request: HttpRequest) {
  const sentAt = Date.now();
  try {
    await waitFor(chance.between(15_000, 4.5 * minuteMs), request);
  } catch (error) {
    const hasTime = by.isAlive && by.deadline - Date.now() > 2 * deadlineMarginMs;
    if (hasTime) gaveUpReply(by, Date.now() - sentAt);
    throw error;
  }
}

/** Waits for a reply, as long as the request allows. */
async function waitFor(lateMs: number, request: HttpRequest): Promise<void> {
  const limitMs = request.replyTimeoutMs ?? defaultReplyTimeoutMs;
  await systemClock.sleep(Math.min(lateMs, limitMs), request.signal);
  if (lateMs <= limitMs) return;
  throw new TransferError('RequestTimeoutError', `no whole reply within ${limitMs} ms`);
}

function createdIn({ status, text }: HttpReply): string | undefined {
  return status === 201 ? String(JSON.parse(text).upload_id) : undefined;
}

/** What happens to sessions whoever asks. */
function befallSession({ service, mishaps, chance }: Wire, uploadId: string): void {
  if (!uploadId) return;
  const session = service.parts.sessions.known(uploadId);
  // One whose bytes are complete can neither run out nor fail any more; it can vanish all the same.
  if (session.completesAt === undefined) {
    if (mishaps.strikes('session expired')) {
      session.expiresAt = Math.min(session.expiresAt, Date.now());
    }
    if (mishaps.strikes('session failed')) session.failed = true;
  }
  if (!mishaps.strikes('session vanished')) return;
  service.dropSession(uploadId);
  service.vanished.add(uploadId);
  setTimeout(() => service.recallSession(uploadId), chance.between(2_000, 3_600_000));
}

function earlyRefusal({ mishaps, chance }: Wire, { operation }: Asked): HttpReply | undefined {
  if (mishaps.strikes('throttled (429)')) {
    const retryAfter = chance.hits(0.5) ? chance.between(1, 90) : undefined;
    return transientReply(429, 'too_many_requests', retryAfter);
  }
  if (mishaps.strikes('server error (HTML)')) return page(chance.pick([500, 502, 503, 504]));
  if (!mishaps.strikes('server error (JSON)')) return undefined;
  if (operation === 'put') {
    return transientReply(chance.pick([500, 502, 503, 504]), 'internal_server_error');
  }
  const [status, code, retryAfter] = chance.pick(apiErrors);
  return transientReply(status, code, retryAfter);
}

/** What the API answers instead of doing what it was asked to, and what may be asked again. */
const apiErrors: readonly (readonly [number, string, number?])[] = [
  [500, 'internal_server_error'],
  [502, 'bad_gateway'],
  [503, 'service_unavailable'],
  [503, 'service_unavailable', 20],
  [504, 'gateway_timeout'],
  [408, 'request_timeout'],
  [409, 'conflict'],
  [423, 'locked'],
  [425, 'too_early'],
];

function page(status: number): HttpReply {
  const text = `<h1>${status}</h1><p>${passingText}</p>`;
  return { status, headers: { 'content-type': 'text/html' }, text };
}

function reset({ method }: HttpRequest): Error {
  const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  return networkFailure(cause, method);
}

/** No byte of the request has left: not even a create can have had an effect. */
function refused({ chance }: Wire, { method }: HttpRequest): Error {
  const code = chance.pick(['ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT']);
  return networkFailure(Object.assign(new Error('no connection'), { code }), method);
}

/** Aims one of the service's own faults at this very request. */
function aim({ service, mishaps, chance }: Wire, { operation, uploadId, chunks }: Asked): void {
  const effect = operation === 'put' ? putEffect(service, mishaps, chance) : undefined;
  const chunk = chunks.length > 0 ? chance.pick(chunks).index : 0;
  const { faults } = service.parts;
  if (effect) faults.add({ on: 'put', uploadId, chunk, ...effect });
  if (operation !== 'report') return;
  if (mishaps.strikes('report half-counted')) {
    faults.add({ on: 'report', uploadId, chunk, kind: 'unheard' });
  } else if (mishaps.strikes('chunk failed at the service')) {
    faults.add({ on: 'report', uploadId, chunk, kind: 'fail-chunk', error: 'bytes lost' });
  } else if (mishaps.strikes('asset failed')) {
    service.parts.switches.assetFailure = 'the file can not be read';
  } else {
    service.parts.switches.assetFailure = undefined;
  }
}

function putEffect(service: Service, mishaps: Mishaps, chance: Chance): FaultEffect | undefined {
  if (mishaps.strikes('body cut')) {
    return { kind: 'reset-mid-body', afterBytes: chance.between(0, 200) };
  }
  if (mishaps.strikes('presigned URL expired')) return { kind: 'expired-url' };
  if (service.isOpaque) return undefined;
  if (mishaps.strikes('wrong ETag')) return { kind: 'wrong-etag' };
  return mishaps.strikes('byte changed on the way') ? { kind: 'corrupt' } : undefined;
}

export function takeApart({ method, url, body }: HttpRequest): Asked {
  const { pathname, searchParams } = new URL(url);
  if (method === 'PUT') {
    const index = Number(searchParams.get('partNumber'));
    return { operation: 'put', uploadId: searchParams.get('uploadId') ?? '', chunks: [{ index }] };
  }
  const [, resource = '', uploadId = '', part] =
    /\/assets(\/multipart-uploads|)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (resource === '') return { operation: 'asset', uploadId: '', chunks: [] };
  if (uploadId === '')
    return { operation: method === 'POST' ? 'create' : 'list', uploadId, chunks: [] };
  if (part) return { operation: 'presign', uploadId, chunks: [] };
  if (method === 'GET') return { operation: 'status', uploadId, chunks: [] };
  return { operation: 'report', uploadId, chunks: reportedIn(body) };
}

function reportedIn(body: HttpRequest['body']): Asked['chunks'] {
  const { completed_chunks: reported } = JSON.parse(String(body)) as {
    completed_chunks: { chunk_index: number; proof: string }[];
  };
  return reported.map(({ chunk_index: index, proof }) => ({ index, proof }));
}
