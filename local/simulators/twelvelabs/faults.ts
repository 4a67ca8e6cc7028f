import type { CallRecord, Operation } from './call-log.ts';

/** Which requests a fault befalls. */
export interface FaultTarget {
  readonly on: Operation;
  /** Only requests that speak of this chunk: a PUT of it, a report or a request for URLs that holds it. */
  readonly chunk?: number;
  readonly uploadId?: string;
  /** Spares the matching requests before the n-th, counted from when the fault was added. Default 1. */
  readonly nth?: number;
  /** How many requests it befalls before it is spent. Default 1. */
  readonly times?: number;
}

/** What a fault does. Unless it says otherwise, the request has no effect. */
export type FaultEffect =
  /** Answers this status; `afterEffect` lets the request do its work first. Default body: the host's own error shape. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A string is sent as it is, anything else as JSON. */
      readonly body?: unknown;
      readonly code?: string;
      readonly afterEffect?: boolean;
    }
  /** A 429, with `Retry-After` (seconds or a date) and `X-Ratelimit-*` only where given. */
  | {
      readonly kind: 'throttle';
      readonly retryAfter?: number | string;
      readonly rateLimit?: RateLimitNumbers;
    }
  /** An HTML page, as a proxy sends one. Default status 502. */
  | { readonly kind: 'html'; readonly status?: number }
  /** Resets the connection before a byte of the body is read. */
  | { readonly kind: 'reset' }
  /** A PUT: resets after so many bytes of its body. Others: the effect happens, the reply ends there. */
  | { readonly kind: 'reset-mid-body'; readonly afterBytes: number }
  /** The effect happens, then the connection is closed without a reply. */
  | { readonly kind: 'lost-reply' }
  /** Never answers; a PUT's body is read up to `afterBytes` (default 0) and no further. */
  | { readonly kind: 'stall'; readonly afterBytes?: number }
  /** Waits by the simulator's clock, then goes on; may come together with one other fault. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** PUT: taken as it came, but its ETag is 32 other hex digits. */
  | { readonly kind: 'wrong-etag' }
  /** PUT: taken as it came, but the reply has no ETag. */
  | { readonly kind: 'no-etag' }
  /** PUT: one byte is stored changed, and the ETag is that of what was stored. */
  | { readonly kind: 'corrupt' }
  /** PUT: refused as if its URL had expired. */
  | { readonly kind: 'expired-url' }
  /** PUT: refused as if its URL had been used. */
  | { readonly kind: 'used-url' }
  /** Report: answered as accepted, but the target's chunk (or all of them) stays pending. */
  | { readonly kind: 'unheard' }
  /**
   * Report: answered as accepted, but the target's chunk fails, its bytes dropped. Without a target,
   * the chunks of `chunks` fail, or all of them.
   */
  | { readonly kind: 'fail-chunk'; readonly error: string; readonly chunks?: readonly number[] }
  /** The effect happens at once, and the reply comes so many milliseconds later by the simulator's clock. */
  | { readonly kind: 'late-reply'; readonly ms: number }
  /** Sends an interim `100 Continue` that the client did not ask for, then goes on. */
  | { readonly kind: 'interim-reply' }
  /** Runs `act` when the request comes, then goes on: for what happens meanwhile, such as an expiry. */
  | { readonly kind: 'meanwhile'; readonly act: (call: CallRecord) => void | Promise<void> }
  /** API: the effect happens and the JSON reply is changed on its way. */
  | { readonly kind: 'altered-reply'; readonly alter: (body: Record<string, unknown>) => unknown };

/** The documented rate-limit headers' values; `reset` in seconds since 1970. */
export interface RateLimitNumbers {
  readonly limit: number;
  readonly remaining: number;
  readonly used: number;
  readonly reset: number;
}

export type Fault = FaultTarget & FaultEffect;

/** What befalls one request: a pause, an effect, both or neither. */
export interface Befallen {
  readonly delayMs: number;
  readonly fault: Fault | undefined;
}

/**
 * Decides for each request whether a fault hits it. The call's `at` is the time of its first line, by
 * the simulator's clock.
 */
export type FaultSource = (call: CallRecord) => FaultEffect | undefined;

interface Planned {
  readonly fault: Fault;
  seen: number;
  left: number;
}

const onlyPut = ['wrong-etag', 'no-etag', 'corrupt', 'expired-url', 'used-url'];
const onlyReport = ['unheard', 'fail-chunk'];

function checkFits(fault: Fault): void {
  const fits =
    (!onlyPut.includes(fault.kind) || fault.on === 'put') &&
    (!onlyReport.includes(fault.kind) || fault.on === 'report') &&
    (fault.kind !== 'altered-reply' || fault.on !== 'put');
  if (!fits) throw new Error(`a fault of kind ${fault.kind} can't befall ${fault.on}`);
}

/** Scripted faults, each consumed by the requests it befalls; of several that match, the first added. */
export class FaultPlan {
  readonly #planned: Planned[] = [];
  readonly #sources: FaultSource[] = [];

  /**
   * Asks each source about every request that no scripted fault hits; of several that answer, the
   * first added decides. A source holds until `clear`.
   */
  drawFrom(...sources: FaultSource[]): void {
    this.#sources.push(...sources);
  }

  /** @throws Error - a fault that can't befall its operation */
  add(...faults: Fault[]): void {
    for (const fault of faults) {
      checkFits(fault);
      this.#planned.push({ fault, seen: 0, left: fault.times ?? 1 });
    }
  }

  /** Faults not yet spent: a test that ends with any has not tested what it says. */
  pending(): readonly Fault[] {
    return this.#planned.filter((planned) => planned.left > 0).map((planned) => planned.fault);
  }

  /** Forgets scripted faults and sources. */
  clear(): void {
    this.#planned.length = 0;
    this.#sources.length = 0;
  }

  /** Counts a request and takes what befalls it. @internal */
  take(call: CallRecord): Befallen {
    let delayMs = 0;
    let taken: Fault | undefined;
    for (const planned of this.#planned) {
      const { fault } = planned;
      if (fault.on !== call.operation) continue;
      if (fault.uploadId !== undefined && fault.uploadId !== call.uploadId) continue;
      if (fault.chunk !== undefined && !call.chunks.includes(fault.chunk)) continue;
      planned.seen += 1;
      if (planned.left === 0 || planned.seen < (fault.nth ?? 1)) continue;
      const isFree = fault.kind === 'delay' ? delayMs === 0 : taken === undefined;
      if (!isFree) continue;
      planned.left -= 1;
      if (fault.kind === 'delay') delayMs = fault.ms;
      else taken = fault;
    }
    return { delayMs, fault: taken ?? this.#draw(call) };
  }

  #draw(call: CallRecord): Fault | undefined {
    for (const source of this.#sources) {
      const effect = source(call);
      if (!effect) continue;
      const fault = { on: call.operation, ...effect };
      checkFits(fault);
      return fault;
    }
    return undefined;
  }
}
