import { onTestFinished } from 'vitest';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { networkError } from '#src/http/network-failure.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import type { ServiceOptions, TestService } from '../../doubles/destinations/service.ts';
import type { ManualClock } from '../../harness/clock.ts';
import { openPortHarness, type PortHarness } from '../../harness/port-harness.ts';

/** A sleeper moves the clock while replies are in flight: a long timeout prevents false timeouts. */
const replyTimeoutMs = 3_600_000;

/** One request of an adapter. */
export interface Exchange {
  readonly request: HttpRequest;
  /** Pieces of a streamed body that were taken so far. */
  pieces: number;
  reply?: HttpReply;
}

/** What happens in place of a request; `pass` sends it after all. */
export type Interception = (
  request: HttpRequest,
  pass: () => Promise<HttpReply>,
) => Promise<HttpReply>;

/** The transport of one adapter: the real one, with a record of its requests. */
export class Wire implements Transport {
  readonly exchanges: Exchange[] = [];
  /** Applies to all requests from now. */
  interception: Interception = (_, pass) => pass();
  readonly #inner: Transport;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  async send(request: HttpRequest): Promise<HttpReply> {
    const exchange: Exchange = { request, pieces: 0 };
    this.exchanges.push(exchange);
    const body = counted(request.body, exchange);
    const pass = () => this.#inner.send({ ...request, body, replyTimeoutMs });
    exchange.reply = await this.interception(request, pass);
    return exchange.reply;
  }
}

function counted(body: HttpRequest['body'], exchange: Exchange): HttpRequest['body'] {
  if (body === undefined || typeof body === 'string') return body;
  return (async function* () {
    for await (const piece of body) {
      exchange.pieces++;
      yield piece;
    }
  })();
}

/** Creates the transport of one adapter, which ends with the test. */
export function openWire(clock: ManualClock): Wire {
  const agent = createAgent();
  onTestFinished(() => closeAgent(agent));
  return new Wire(createTransport({ agent, clock }));
}

/** A service with its adapter over HTTP. */
export interface WireService extends TestService {
  readonly wire: Wire;
  /** The secret as the adapter's requests hold it, without a prefix such as "Bearer ". */
  readonly secret: string;
  /** The server that alone may receive the secret. */
  readonly baseUrl: string;
}

/** Starts a service and its adapter. Both end with the test. */
export type OpenWireService = (clock: ManualClock, options: ServiceOptions) => Promise<WireService>;

/** Returns the error of the transport for a system error, such as ECONNREFUSED. */
export function brokenBy(code: string, { method, url }: HttpRequest): Error {
  const cause = Object.assign(new Error(code), { code });
  return networkError(cause, `${method} ${new URL(url).host}`);
}

/** Answers every request with this reply. */
export function answering(
  status: number,
  text = '{}',
  headers: HttpReply['headers'] = {},
): Interception {
  const json = { 'content-type': 'application/json' };
  return async () => ({ status, text, headers: { ...json, ...headers } });
}

/** An adapter on the wire, in a harness. */
export interface OnWire {
  readonly harness: PortHarness;
  readonly service: WireService;
}

/** Opens an adapter in a harness. */
export async function openOnWire(open: OpenWireService, chunkSizeBytes?: number): Promise<OnWire> {
  let service: WireService | undefined;
  const harness = await openPortHarness(
    async (clock, options) => {
      service = await open(clock, options);
      return service;
    },
    chunkSizeBytes === undefined ? {} : { chunkSizeBytes },
  );
  if (!service) throw new Error('the harness opened no service');
  return { harness, service };
}
