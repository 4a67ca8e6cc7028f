import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { createApiListener } from './api/api-host.ts';
import { createContext } from './create-context.ts';
import type { TwelveLabsOptions } from './simulator.ts';
import type { SimulatorContext } from './storage/context.ts';
import { type TestControls, testControls } from './test-controls.ts';
import { uploadListener } from './upload/upload-host.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The simulator without sockets: a transport that calls its hosts' listeners in this process. */
export interface InProcessTwelveLabs extends TestControls {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly transport: Transport;
  /** The state behind both hosts, for tests that observe more than the wire. */
  readonly context: SimulatorContext;
}

/** Opens a simulator without a network. It stores bytes in memory and needs no closing. */
export async function openInProcess(options: TwelveLabsOptions): Promise<InProcessTwelveLabs> {
  const context = await createContext({ ...options, store: 'memory' });
  context.urls.origin = 'https://uploads.simulated';
  const hosts = { api: createApiListener(context), uploads: uploadListener(context) };
  const hostOf = (url: string) => (url.startsWith(context.urls.origin) ? hosts.uploads : hosts.api);
  return {
    ...testControls(context),
    baseUrl: 'https://api.simulated/v1.3',
    apiKey: context.apiKey,
    context,
    transport: { send: (request) => exchange(hostOf(request.url), request) },
  };
}

/** Performs one request. Throws the errors of the product's own transport. */
async function exchange(listener: Listener, request: HttpRequest): Promise<HttpReply> {
  request.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const name = `${request.method} ${new URL(request.url).host}`;
  const incoming = new IncomingRequest(request, reject);
  const reset = () => {
    reject(new TransferError('NetworkError', `${name}: the connection was reset`));
    incoming.close();
  };
  incoming.socket = { destroy: reset, resetAndDestroy: reset };
  const outgoing = new OutgoingResponse(resolve, incoming.socket);
  const abort = () => {
    reject(request.signal.reason);
    incoming.close();
    outgoing.emit('close');
  };
  request.signal.addEventListener('abort', abort, { once: true });
  listener(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse).catch(
    reject,
  );
  return promise.finally(() => request.signal.removeEventListener('abort', abort));
}

interface Socket {
  destroy(): void;
  resetAndDestroy(): void;
}

/** A request as a host receives it. The body starts to flow with the first listener for data. */
class IncomingRequest extends EventEmitter {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  socket: Socket | undefined;
  readonly #body: HttpRequest['body'];
  readonly #fail: (error: unknown) => void;
  #isClosed = false;
  #continue: (() => void) | undefined;
  #isPaused = false;

  constructor(request: HttpRequest, fail: (error: unknown) => void) {
    super();
    const { pathname, search } = new URL(request.url);
    this.method = request.method;
    this.url = pathname + search;
    this.headers = lowerCased(request.headers);
    this.#body = request.body;
    this.#fail = fail;
  }

  override on(event: string, listener: (...args: never[]) => void): this {
    super.on(event, listener as (...args: unknown[]) => void);
    if (event === 'data') queueMicrotask(() => void this.#flow());
    return this;
  }

  async *setEncoding(): AsyncGenerator<string> {
    if (typeof this.#body === 'string') yield this.#body;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#continue?.();
  }

  /** Ends the connection. No further byte arrives. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#continue?.();
    this.emit('close');
  }

  async #flow(): Promise<void> {
    try {
      const sizeBytes = await this.#pour();
      if (this.#isClosed) return;
      if (sizeBytes !== Number(this.headers['content-length'])) throw lengthMismatchError();
      this.emit('end');
    } catch (error) {
      this.#fail(error);
    }
    this.close();
  }

  async #pour(): Promise<number> {
    let sizeBytes = 0;
    for await (const piece of this.#body as AsyncIterable<Uint8Array>) {
      if (this.#isClosed) break;
      sizeBytes += piece.byteLength;
      this.emit('data', Buffer.from(piece));
      if (this.#isPaused && !this.#isClosed) await this.#resumed();
    }
    return sizeBytes;
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#continue = resolve;
    });
  }
}

function lengthMismatchError(): Error {
  return new TransferError(
    'NetworkError',
    'PUT: the length of the body differs from Content-Length',
  );
}

/** A reply as a host writes it, complete or cut. */
class OutgoingResponse extends EventEmitter {
  readonly socket: Socket;
  destroyed = false;
  headersSent = false;
  shouldKeepAlive = true;
  readonly #resolve: (reply: HttpReply) => void;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};

  constructor(resolve: (reply: HttpReply) => void, socket: Socket) {
    super();
    this.#resolve = resolve;
    this.socket = socket;
  }

  writeHead(status: number, headers: Readonly<Record<string, string>>): void {
    this.headersSent = true;
    this.#status = status;
    this.#headers = lowerCased(headers);
  }

  /** Discards the piece. Only a cut reply is written in pieces, and the client never gets it. */
  write(_piece: Uint8Array, written: () => void): void {
    written();
  }

  end(text: string): void {
    this.#resolve({ status: this.#status, headers: this.#headers, text });
    this.emit('close');
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
