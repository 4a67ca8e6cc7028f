import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TransferError } from '#src/core/errors/errors.ts';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { apiListener } from './api-host.ts';
import type { Parts } from './parts.ts';
import { assemble, type Levers, testControls } from './server.ts';
import type { TwelveLabsOptions } from './simulator.ts';
import { uploadListener } from './upload-host.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The simulator without sockets: a transport that calls its hosts' listeners in this process. */
export interface InProcessTwelveLabs extends Levers {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly transport: Transport;
  /** What lies behind both hosts, for a test that watches more than the wire. */
  readonly parts: Parts;
}

/** Opens a simulator that no network leads to; all is kept in memory and nothing has to be closed. */
export async function openInProcess(options: TwelveLabsOptions): Promise<InProcessTwelveLabs> {
  const parts = await assemble({ ...options, store: 'memory' });
  parts.urls.origin = 'https://uploads.simulated';
  const hosts = { api: apiListener(parts), uploads: uploadListener(parts) };
  const hostOf = (url: string) => (url.startsWith(parts.urls.origin) ? hosts.uploads : hosts.api);
  return {
    ...testControls(parts),
    baseUrl: 'https://api.simulated/v1.3',
    apiKey: parts.apiKey,
    parts,
    transport: { send: (request) => exchange(hostOf(request.url), request) },
  };
}

/** One request and its reply, with the errors that the product's own transport would throw. */
async function exchange(listener: Listener, request: HttpRequest): Promise<HttpReply> {
  request.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const name = `${request.method} ${new URL(request.url).host}`;
  const arriving = new ArrivingRequest(request, reject);
  const reset = () => {
    reject(new TransferError('NetworkError', `${name}: the connection was reset`));
    arriving.close();
  };
  arriving.socket = { destroy: reset, resetAndDestroy: reset };
  const leaving = new LeavingResponse(resolve, arriving.socket);
  const abort = () => {
    reject(request.signal.reason);
    arriving.close();
    leaving.emit('close');
  };
  request.signal.addEventListener('abort', abort, { once: true });
  listener(arriving as unknown as IncomingMessage, leaving as unknown as ServerResponse).catch(
    reject,
  );
  return promise.finally(() => request.signal.removeEventListener('abort', abort));
}

interface Socket {
  destroy(): void;
  resetAndDestroy(): void;
}

/** A request as a host sees it; its body flows once somebody listens for data. */
class ArrivingRequest extends EventEmitter {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  socket: Socket | undefined;
  readonly #body: HttpRequest['body'];
  readonly #fail: (error: unknown) => void;
  #isClosed = false;
  #goOn: (() => void) | undefined;
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

  override on(event: string, listener: (...given: never[]) => void): this {
    super.on(event, listener as (...given: unknown[]) => void);
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
    this.#goOn?.();
  }

  /** The connection has ended: no byte comes any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#goOn?.();
    this.emit('close');
  }

  async #flow(): Promise<void> {
    try {
      const sizeBytes = await this.#pour();
      if (this.#isClosed) return;
      if (sizeBytes !== Number(this.headers['content-length'])) throw lengthMismatch();
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
      this.#goOn = resolve;
    });
  }
}

function lengthMismatch(): Error {
  return new TransferError('NetworkError', 'PUT: the body is not as long as was said');
}

/** A reply as a host writes it, whole or cut. */
class LeavingResponse extends EventEmitter {
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

  /** Only a reply that is cut is written in pieces: what came of it is lost with the connection. */
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
