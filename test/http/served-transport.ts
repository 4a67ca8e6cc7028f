import type { RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import { createTransport, type TransportOptions } from '#src/http/transport.ts';
import { type AgentOptions, closeAgent, createAgent } from '#src/http/undici.ts';
import { startServer } from './http-server.ts';

/** Stands in every place whose value must never be shown. */
export const canary = 'CANARY0123456789';

export const kib64 = new Uint8Array(64 * 1024).fill(7);

export interface Setting {
  readonly clock: Clock;
  readonly agent?: AgentOptions;
  readonly transport?: Partial<TransportOptions>;
}

export interface Served {
  readonly origin: string;
  /** Sends a GET of `/` unless the request says otherwise. */
  send(request?: Partial<HttpRequest> & { path?: string }): Promise<HttpReply>;
  /** Ends the server before the test does. */
  close(): Promise<void>;
}

/** A transport and the server it speaks to, both ended with the test. */
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

/** A PUT of `pieces` times 64 KiB whose source tells whether it was ended. */
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

/** The `TransferError` that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<TransferError> {
  const error = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (error instanceof TransferError) return error;
  throw new Error(`not a TransferError: ${String(error)}`, { cause: error });
}
