import type { RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import { createTransport, type TransportOptions } from '#src/http/transport.ts';
import { type AgentOptions, closeAgent, createAgent } from '#src/http/undici.ts';
import { startServer } from './http-server.ts';

/** The value in every place that messages must not show. */
export const canary = 'CANARY0123456789';

export const kib64 = new Uint8Array(64 * 1024).fill(7);

export interface Setting {
  readonly clock: Clock;
  readonly agent?: AgentOptions;
  readonly transport?: Partial<TransportOptions>;
}

export interface Served {
  readonly origin: string;
  /** Sends a request. Default: a GET of `/`. */
  send(request?: Partial<HttpRequest> & { path?: string }): Promise<HttpReply>;
  /** Closes the server before the test ends. */
  close(): Promise<void>;
}

/** Starts a server and a transport for it; both close with the test. */
export async function serveTransport(listener: RequestListener, setting: Setting): Promise<Served> {
  const server = await startServer(listener);
  const agent = createAgent(setting.agent);
  onTestFinished(async () => {
    await closeAgent(agent);
    await server.close();
  });
  const transport = createTransport({ agent, clock: setting.clock, ...setting.transport });
  return {
    origin: server.origin,
    close: server.close,
    send: (request = {}) =>
      transport.send({
        method: 'GET',
        url: `${server.origin}${request.path ?? '/'}`,
        headers: {},
        signal: new AbortController().signal,
        ...request,
      }),
  };
}

/** Creates a PUT of `pieces` times 64 KiB whose source records its end. */
export function source(pieces: number, onPiece: (index: number) => void = () => {}) {
  const state = { ended: false, given: 0 };
  async function* read() {
    try {
      for (let index = 0; index < pieces; index++) {
        onPiece(index);
        state.given++;
        yield kib64;
      }
    } finally {
      state.ended = true;
    }
  }
  return {
    state,
    request: {
      method: 'PUT' as const,
      path: `/chunk?X-Amz-Signature=${canary}`,
      headers: { 'content-length': String(pieces * kib64.length), 'x-api-key': canary },
      body: read(),
    },
  };
}

/** Returns the `TransferError` that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<TransferError> {
  const error = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (error instanceof TransferError) return error;
  throw new Error(`not a TransferError: ${String(error)}`, { cause: error });
}
