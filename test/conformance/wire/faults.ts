import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import {
  type CallFault,
  type FaultPlan,
  type FaultyCall,
  type SendFault,
  throttleSeconds,
} from '../../doubles/destinations/faults.ts';
import { answering, brokenBy, type Interception, type Wire } from './wire.ts';

/** The kind of a request: a chunk, another call with faults, or neither. */
export type CallOf = (request: HttpRequest) => 'send' | FaultyCall | undefined;

/**
 * The faults of a service that can plan none itself: each happens between the adapter and the service. A fault
 * that the service cannot have, such as an expired address, becomes a 503 without an effect.
 */
export class WireFaults implements FaultPlan {
  readonly #sends = new Map<number, SendFault>();
  readonly #calls = new Map<FaultyCall, CallFault[]>();
  #sent = 0;

  constructor(wire: Wire, callOf: CallOf) {
    wire.interception = (request, pass) => this.#planned(callOf(request))(request, pass);
  }

  failSend(nth: number, fault: SendFault): void {
    this.#sends.set(this.#sent + nth, fault);
  }

  failCall(call: FaultyCall, fault: CallFault): void {
    this.#calls.set(call, [...(this.#calls.get(call) ?? []), fault]);
  }

  #planned(call: ReturnType<CallOf>): Interception {
    if (call === undefined) return (_, pass) => pass();
    if (call === 'send') return effectOf(this.#sends.get(++this.#sent));
    const fault = this.#calls.get(call)?.shift();
    const seconds = { kind: 'throttled', retryAfterSeconds: throttleSeconds } as const;
    return effectOf(fault === 'throttled' ? seconds : fault && { kind: fault });
  }
}

function effectOf(fault: SendFault | undefined): Interception {
  switch (fault?.kind) {
    case undefined:
      return (_, pass) => pass();
    case 'throttled':
      return answering(429, '{}', { 'retry-after': String(fault.retryAfterSeconds) });
    case 'reset':
      return broken;
    case 'lost-reply':
      return (request, pass) => pass().then(() => broken(request));
    default:
      return answering(503);
  }
}

async function broken(request: HttpRequest): Promise<HttpReply> {
  throw brokenBy('ECONNRESET', request);
}
