import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { ChunkBody, ChunkDelivery } from '#src/core/transfer/destination.ts';

/** The fault of one send of a chunk. */
export type SendFault =
  /** The URL is rejected; no byte is read. */
  | { readonly kind: 'expired-url' }
  /** The connection is reset before the chunk has any effect. */
  | { readonly kind: 'reset' }
  /** The chunk is stored, and the reply is lost. */
  | { readonly kind: 'lost-reply' }
  /** The chunk is stored, and the reply has the ETag of other bytes. */
  | { readonly kind: 'wrong-etag' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Calls whose replies may be lost, or that may be throttled. */
export type FaultyCall = 'open' | 'report' | 'finish';

export type CallFault = 'lost-reply' | 'throttled';

/** The retry time of a throttled call. */
export const throttleSeconds = 7;

/** The faults that a test can plan. Each applies to one call. */
export interface FaultPlan {
  /** Plans a fault for the n-th send of a chunk from now, counted from 1. */
  failSend(nth: number, fault: SendFault): void;
  /** Plans a fault for the next call of that kind; several apply in their order. */
  failCall(call: FaultyCall, fault: CallFault): void;
}

/** The scripted faults of a service in memory. */
export class Faults implements FaultPlan {
  /** The service's time for each chunk, in milliseconds. */
  sendMs = 0;
  readonly #clock: Clock;
  readonly #sends = new Map<number, SendFault>();
  readonly #calls = new Map<FaultyCall, CallFault[]>();
  #sent = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failSend(nth: number, fault: SendFault): void {
    this.#sends.set(this.#sent + nth, fault);
  }

  failCall(call: FaultyCall, fault: CallFault): void {
    this.#calls.set(call, [...(this.#calls.get(call) ?? []), fault]);
  }

  /** Reads a chunk's bytes and stores them, with the planned fault. */
  async send(body: ChunkBody, take: (bytes: Buffer) => ChunkDelivery): Promise<ChunkDelivery> {
    const fault = this.#sends.get(++this.#sent);
    failEarly(fault);
    if (this.sendMs > 0) await this.#clock.sleep(this.sendMs);
    const bytes = await bytesOf(body);
    if (fault?.kind === 'reset') throw new TransferError('NetworkError', 'connection reset');
    const delivery = take(bytes);
    if (fault?.kind === 'lost-reply') throw new TransferError('NetworkError', 'the reply was lost');
    return fault?.kind === 'wrong-etag' ? { ...delivery, proof: '0'.repeat(32) } : delivery;
  }

  /** Makes another call, with the planned fault. */
  async call<T>(call: FaultyCall, effect: () => T): Promise<T> {
    const fault = this.#calls.get(call)?.shift();
    if (fault === 'throttled') throw throttled(throttleSeconds);
    const result = effect();
    if (fault !== 'lost-reply') return result;
    const name = call === 'open' ? 'CreateReplyLostError' : 'NetworkError';
    throw new TransferError(name, `${call}: the reply was lost`);
  }
}

function failEarly(fault: SendFault | undefined): void {
  if (fault?.kind === 'throttled') throw throttled(fault.retryAfterSeconds);
  if (fault?.kind === 'expired-url') {
    throw new TransferError('PresignedUrlRejectedError', 'the URL is expired');
  }
}

function throttled(retryAfterSeconds: number): TransferError {
  return new TransferError('ThrottledError', 'too many requests', { retryAfterSeconds });
}

async function bytesOf(body: ChunkBody): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body.open()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (bytes.length === body.sizeBytes) return bytes;
  throw new TransferError('NetworkError', `${bytes.length} of ${body.sizeBytes} bytes arrived`);
}
