import { TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { ChunkBody, ChunkDelivery } from '#src/core/transfer/destination.ts';

/** What befalls one send of a chunk. */
export type SendFault =
  /** The address is refused; no byte is taken. */
  | { readonly kind: 'expired-address' }
  /** The connection is reset before the chunk has any effect. */
  | { readonly kind: 'reset' }
  /** The chunk is taken, but nobody hears of it. */
  | { readonly kind: 'lost-reply' }
  /** The chunk is taken, and the answer's ETag is that of other bytes. */
  | { readonly kind: 'wrong-etag' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Calls whose answers may be lost, or that may be refused for their number. */
export type FaultyCall = 'open' | 'report' | 'finish';

export type CallFault = 'lost-reply' | 'throttled';

/** How long a throttled call is asked to stay away. */
export const throttleSeconds = 7;

/** What a test may let go wrong; each fault is used up by the call it befalls. */
export interface FaultPlan {
  /** Plans what befalls the n-th send of a chunk from now on, counted from 1. */
  befall(nth: number, fault: SendFault): void;
  /** Plans what befalls the next call of that kind; several are used in their order. */
  befallCall(call: FaultyCall, fault: CallFault): void;
}

/** Scripted faults of a service in memory. */
export class Faults implements FaultPlan {
  /** How long the service takes over each chunk, in milliseconds. */
  sendMs = 0;
  readonly #clock: Clock;
  readonly #sends = new Map<number, SendFault>();
  readonly #calls = new Map<FaultyCall, CallFault[]>();
  #sent = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  befall(nth: number, fault: SendFault): void {
    this.#sends.set(this.#sent + nth, fault);
  }

  befallCall(call: FaultyCall, fault: CallFault): void {
    this.#calls.set(call, [...(this.#calls.get(call) ?? []), fault]);
  }

  /** Reads a chunk's bytes and lets the service take them, as far as the planned fault allows. */
  async send(body: ChunkBody, take: (bytes: Buffer) => ChunkDelivery): Promise<ChunkDelivery> {
    const fault = this.#sends.get(++this.#sent);
    refuseEarly(fault);
    if (this.sendMs > 0) await this.#clock.sleep(this.sendMs);
    const bytes = await bytesOf(body);
    if (fault?.kind === 'reset') throw new TransferError('NetworkError', 'connection reset');
    const delivery = take(bytes);
    if (fault?.kind === 'lost-reply') throw new TransferError('NetworkError', 'the reply was lost');
    return fault?.kind === 'wrong-etag' ? { ...delivery, proof: '0'.repeat(32) } : delivery;
  }

  /** Lets another call have its effect, as far as the planned fault allows. */
  async call<T>(call: FaultyCall, effect: () => T): Promise<T> {
    const fault = this.#calls.get(call)?.shift();
    if (fault === 'throttled') throw throttled(throttleSeconds);
    const answer = effect();
    if (fault !== 'lost-reply') return answer;
    const name = call === 'open' ? 'CreateReplyLostError' : 'NetworkError';
    throw new TransferError(name, `${call}: the reply was lost`);
  }
}

function refuseEarly(fault: SendFault | undefined): void {
  if (fault?.kind === 'throttled') throw throttled(fault.retryAfterSeconds);
  if (fault?.kind === 'expired-address') {
    throw new TransferError('PresignedUrlRejectedError', 'the address is expired');
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
  throw new TransferError('NetworkError', `${bytes.length} of ${body.sizeBytes} bytes came`);
}
