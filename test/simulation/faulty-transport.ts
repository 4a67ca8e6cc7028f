import type { FaultEffect } from '#local/simulators/twelvelabs/faults.ts';
import { systemClock } from '#src/config/system-clock.ts';
import { TransferError } from '#src/core/errors.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports.ts';
import { networkFailure } from '#src/http/network-failure.ts';
import type { Chance } from './chance.ts';
import type { Mishaps } from './fault-classes.ts';
import type { Sandbox } from './sandbox.ts';
import type { Service } from './service.ts';

/** One request, taken apart. */
export interface Asked {
  readonly operation: 'create' | 'put' | 'report' | 'presign' | 'status' | 'asset' | 'list';
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
}

/** The product sees no reply that takes longer, in ms. */
const replyTimeoutMs = 30_000;

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
  const refused = earlyRefusal(wire);
  if (refused) return refused;
  aim(wire, asked);
  wire.arrives(asked, by);
  const reply = await service.transport.send(request);
  const uploadId = asked.operation === 'create' ? createdIn(reply) : undefined;
  if (uploadId) service.unanswered.add(uploadId);
  const answer = await lateAnswer(wire, by, request, reply);
  if (uploadId && answer === reply) service.unanswered.delete(uploadId);
  return answer;
}

async function lateAnswer(wire: Wire, by: Sandbox, request: HttpRequest, reply: HttpReply) {
  const { mishaps, chance } = wire;
  if (mishaps.strikes('reply lost')) throw reset(request);
  if (mishaps.strikes('server error after effect')) return page(chance.pick([500, 502, 504]));
  if (mishaps.strikes('request delayed')) {
    const lateMs = chance.between(1_000, 45_000);
    await systemClock.sleep(Math.min(lateMs, replyTimeoutMs), request.signal);
    if (lateMs > replyTimeoutMs) {
      throw new TransferError('RequestTimeoutError', `no whole reply within ${replyTimeoutMs} ms`);
    }
  }
  // A process that died meanwhile never saw it.
  return by.isAlive ? reply : page(500);
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
  service.forgetSession(uploadId);
  service.vanished.add(uploadId);
  setTimeout(() => service.recallSession(uploadId), chance.between(2_000, 3_600_000));
}

function earlyRefusal({ mishaps, chance }: Wire): HttpReply | undefined {
  if (mishaps.strikes('throttled (429)')) {
    const retryAfter = chance.hits(0.5) ? String(chance.between(1, 90)) : undefined;
    return {
      status: 429,
      headers: { 'retry-after': retryAfter },
      text: '{"code":"too_many_requests","message":"slow down"}',
    };
  }
  if (mishaps.strikes('server error (HTML)')) return page(chance.pick([500, 502, 503, 504]));
  if (!mishaps.strikes('server error (JSON)')) return undefined;
  const status = chance.pick([500, 502, 503, 504]);
  return { status, headers: {}, text: '{"code":"internal_server_error","message":"sorry"}' };
}

function page(status: number): HttpReply {
  return { status, headers: { 'content-type': 'text/html' }, text: `<h1>${status}</h1>` };
}

function reset({ method }: HttpRequest): Error {
  const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  return networkFailure(cause, method);
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
