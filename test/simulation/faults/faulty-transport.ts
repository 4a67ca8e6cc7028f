import type { FaultEffect } from '#local/simulators/twelvelabs/faults/faults.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { deadlineMarginMs } from '#src/core/limits/limits.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { networkError } from '#src/http/network-failure.ts';
import { systemClock } from '#src/system/system-clock.ts';
import type { Chance } from '../harness/chance.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import type { Service } from '../load/service.ts';
import { transientReply, transientText } from './api-outages.ts';
import type { Faults } from './fault-classes.ts';

export type Operation = 'create' | 'put' | 'report' | 'presign' | 'status' | 'asset' | 'list';

/** A parsed request to the service. */
export interface ParsedRequest {
  readonly operation: Operation;
  readonly uploadId: string;
  /** The chunks of the request, with their proofs in a report. */
  readonly chunks: readonly { readonly index: number; readonly proof?: string }[];
}

/** The connection between a sandbox and the service. */
export interface Wire {
  readonly service: Service;
  readonly faults: Faults;
  readonly chance: Chance;
  /** Called with each request as it reaches the service. */
  onRequest(request: ParsedRequest, sandbox: Sandbox): void;
  /** Called if a sender abandons a PUT reply although it has time to wait. */
  onReplyAbandoned(sandbox: Sandbox, waitedMs: number): void;
}

/** The reply timeout of a request without its own timeout, in ms. */
const defaultReplyTimeoutMs = 30_000;

const minuteMs = 60_000;

/** Returns a transport for one sandbox that applies faults to requests and replies. */
export function faultyTransport(wire: Wire, sandbox: Sandbox): Transport {
  return {
    send: (request) => {
      const parsed = parseRequest(request);
      const what = `http ${parsed.operation} ${parsed.chunks.map(({ index }) => index).join(' ')}`;
      return sandbox.call(what, () =>
        send(wire, sandbox, parsed, endWithProcess(request, sandbox)),
      );
    },
  };
}

/** Ends a connection when its process dies. */
function endWithProcess(request: HttpRequest, sandbox: Sandbox): HttpRequest {
  if (typeof request.body !== 'object') return request;
  const controller = new AbortController();
  const abort = () => controller.abort(request.signal.reason);
  if (request.signal.aborted) abort();
  else request.signal.addEventListener('abort', abort, { once: true });
  sandbox.onDeath(() => controller.abort(new Error('the process is dead')));
  return { ...request, signal: controller.signal };
}

async function send(wire: Wire, sandbox: Sandbox, parsed: ParsedRequest, request: HttpRequest) {
  const { service, faults, chance } = wire;
  const maxDelayMs = parsed.operation === 'put' ? 1_500 : 200;
  await systemClock.sleep(chance.between(5, maxDelayMs), request.signal);
  const isDelayed = faults.strikes('request delayed');
  if (isDelayed) await systemClock.sleep(chance.between(1_000, 25_000), request.signal);
  applySessionFaults(wire, parsed.uploadId);
  if (faults.strikes('request lost')) throw reset(request);
  if (faults.strikes('connection refused')) throw refusedConnection(wire, request);
  const outage = service.outages.apply(parsed.operation);
  if (outage === 'reset') throw reset(request);
  if (outage && outage !== 'reply replaced') return outage;
  const early = purgedReply(wire, parsed) ?? earlyError(wire, parsed);
  if (early) return early;
  addServiceFault(wire, parsed);
  wire.onRequest(parsed, sandbox);
  const reply = await deliver(wire, parsed, request);
  const uploadId = parsed.operation === 'create' ? createdIn(reply) : undefined;
  if (uploadId) service.unanswered.add(uploadId);
  const answer = outage ? page(502) : await delayReply(wire, sandbox, parsed, request, reply);
  if (uploadId && answer === reply) service.unanswered.delete(uploadId);
  if (answer !== reply) return answer;
  if (parsed.operation === 'report') recordCompletion(sandbox, parsed.uploadId, reply);
  return service.replies.alter(parsed.operation, request.url, reply);
}

/** Passes the request to the service; a slow connection delays the bytes of a PUT. */
async function deliver(
  wire: Wire,
  { operation, uploadId }: ParsedRequest,
  request: HttpRequest,
): Promise<HttpReply> {
  const { service, faults, chance } = wire;
  const { body, signal } = request;
  const carried = typeof body === 'object' && service.connection?.carry(body, signal);
  const reply = await service.transport.send(carried ? { ...request, body: carried } : request);
  if (operation === 'put' && reply.status === 200) service.connection?.countStored();
  if (operation !== 'report' || service.purged.has(uploadId)) return reply;
  if (service.context.sessions.known(uploadId).completesAt === undefined) return reply;
  if (!faults.strikes('session 404 after completion')) return reply;
  const forMs = chance.pick([Number.POSITIVE_INFINITY, 10 * minuteMs, 120 * minuteMs]);
  service.purged.set(uploadId, { until: Date.now() + forMs, isWhole: chance.hits(0.5) });
  return reply;
}

/** Returns 404 for a purged complete session: to status requests, or to every API request. */
function purgedReply(
  { service: { purged } }: Wire,
  { operation, uploadId }: ParsedRequest,
): HttpReply | undefined {
  const { until = 0, isWhole } = purged.get(uploadId) ?? {};
  const isPurged = operation === 'status' || (isWhole && operation !== 'put');
  if (!isPurged || Date.now() >= until) return undefined;
  const text = '{"code":"resource_not_exist","message":"The upload does not exist."}';
  return { status: 404, headers: {}, text };
}

/** Records that this process received a reply that its upload is complete. */
function recordCompletion(sandbox: Sandbox, uploadId: string, { status, text }: HttpReply): void {
  const { url } = status === 200 ? (JSON.parse(text) as { url?: string }) : {};
  if (url) sandbox.completions.push(uploadId);
}

/** Delays, loses or replaces a reply. */
async function delayReply(
  wire: Wire,
  sandbox: Sandbox,
  { operation }: ParsedRequest,
  request: HttpRequest,
  reply: HttpReply,
) {
  const { faults, chance } = wire;
  if (faults.strikes('reply lost')) throw reset(request);
  if (faults.strikes('server error after effect')) return page(chance.pick([500, 502, 504]));
  if (faults.strikes('request delayed')) await waitFor(chance.between(1_000, 45_000), request);
  // An error may arrive before the last byte; a sender need not wait for that reply.
  const isStored = operation === 'put' && reply.status === 200;
  if (isStored && faults.strikes('late reply')) await waitLong(wire, sandbox, request);
  // A process that died in the meantime never sees the reply.
  return sandbox.isAlive ? reply : page(500);
}

/** Delays a PUT reply for as long as a sender must wait, unless the sender runs out of time. */
async function waitLong(
  { chance, onReplyAbandoned }: Wire,
  sandbox: Sandbox,
  request: HttpRequest,
) {
  const sentAt = Date.now();
  try {
    await waitFor(chance.between(15_000, 4.5 * minuteMs), request);
  } catch (error) {
    const hasTime = sandbox.isAlive && sandbox.deadline - Date.now() > 2 * deadlineMarginMs;
    if (hasTime) onReplyAbandoned(sandbox, Date.now() - sentAt);
    throw error;
  }
}

/** Waits for a reply within the timeout of the request. */
async function waitFor(lateMs: number, request: HttpRequest): Promise<void> {
  const limitMs = request.replyTimeoutMs ?? defaultReplyTimeoutMs;
  await systemClock.sleep(Math.min(lateMs, limitMs), request.signal);
  if (lateMs <= limitMs) return;
  throw new TransferError('RequestTimeoutError', `no complete reply within ${limitMs} ms`);
}

function createdIn({ status, text }: HttpReply): string | undefined {
  return status === 201 ? String(JSON.parse(text).upload_id) : undefined;
}

/** Applies faults to a session, independent of the caller. */
function applySessionFaults({ service, faults, chance }: Wire, uploadId: string): void {
  if (!uploadId) return;
  const session = service.context.sessions.known(uploadId);
  // A complete session can neither expire nor fail, but it can vanish.
  if (session.completesAt === undefined) {
    if (faults.strikes('session expired')) {
      session.expiresAt = Math.min(session.expiresAt, Date.now());
    }
    if (faults.strikes('session failed')) session.failed = true;
  }
  if (!faults.strikes('session vanished')) return;
  service.dropSession(uploadId);
  service.vanished.add(uploadId);
  setTimeout(() => service.recallSession(uploadId), chance.between(2_000, 3_600_000));
}

function earlyError({ faults, chance }: Wire, { operation }: ParsedRequest): HttpReply | undefined {
  if (faults.strikes('throttled (429)')) {
    const retryAfter = chance.hits(0.5) ? chance.between(1, 90) : undefined;
    return transientReply(429, 'too_many_requests', retryAfter);
  }
  if (faults.strikes('server error (HTML)')) return page(chance.pick([500, 502, 503, 504]));
  if (!faults.strikes('server error (JSON)')) return undefined;
  if (operation === 'put') {
    return transientReply(chance.pick([500, 502, 503, 504]), 'internal_server_error');
  }
  const [status, code, retryAfter] = chance.pick(apiErrors);
  return transientReply(status, code, retryAfter);
}

/** Transient errors of the API, with their Retry-After in seconds. */
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
  const text = `<h1>${status}</h1><p>${transientText}</p>`;
  return { status, headers: { 'content-type': 'text/html' }, text };
}

function reset({ method }: HttpRequest): Error {
  const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  return networkError(cause, method);
}

/** Returns a connection error before the first byte: the request had no effect. */
function refusedConnection({ chance }: Wire, { method }: HttpRequest): Error {
  const code = chance.pick(['ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT']);
  return networkError(Object.assign(new Error('no connection'), { code }), method);
}

/** Adds one of the simulator's own faults for exactly this request. */
function addServiceFault(
  { service, faults, chance }: Wire,
  { operation, uploadId, chunks }: ParsedRequest,
): void {
  const effect = operation === 'put' ? putEffect(service, faults, chance) : undefined;
  const chunk = chunks.length > 0 ? chance.pick(chunks).index : 0;
  const { faults: serviceFaults } = service.context;
  if (effect) serviceFaults.add({ on: 'put', uploadId, chunk, ...effect });
  if (operation !== 'report') return;
  if (faults.strikes('report half-counted')) {
    serviceFaults.add({ on: 'report', uploadId, chunk, kind: 'drop-report' });
  } else if (faults.strikes('chunk failed at the service')) {
    serviceFaults.add({ on: 'report', uploadId, chunk, kind: 'fail-chunk', error: 'bytes lost' });
  } else if (faults.strikes('asset failed')) {
    service.context.switches.assetFailure = 'the file can not be read';
  } else {
    service.context.switches.assetFailure = undefined;
  }
}

function putEffect(service: Service, faults: Faults, chance: Chance): FaultEffect | undefined {
  if (faults.strikes('body cut')) {
    return { kind: 'reset-mid-body', afterBytes: chance.between(0, 200) };
  }
  if (faults.strikes('presigned URL expired')) return { kind: 'expired-url' };
  if (service.isOpaque) return undefined;
  if (faults.strikes('wrong ETag')) return { kind: 'wrong-etag' };
  return faults.strikes('byte changed on the way') ? { kind: 'corrupt' } : undefined;
}

/** Parses a request by its method, path and body. */
export function parseRequest({ method, url, body }: HttpRequest): ParsedRequest {
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

function reportedIn(body: HttpRequest['body']): ParsedRequest['chunks'] {
  const { completed_chunks: reported } = JSON.parse(String(body)) as {
    completed_chunks: { chunk_index: number; proof: string }[];
  };
  return reported.map(({ chunk_index: index, proof }) => ({ index, proof }));
}
