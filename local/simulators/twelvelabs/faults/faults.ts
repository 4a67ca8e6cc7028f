import type { CallRecord, Operation } from '../wire/call-log.ts';
import type { RateLimitNumbers } from '../wire/replies.ts';

/** The requests that a fault applies to. */
export interface FaultTarget {
  readonly on: Operation;
  /** Only requests that name this chunk: its PUT, a report, or a request for URLs. */
  readonly chunk?: number;
  readonly uploadId?: string;
  /** First matching request that the fault applies to, counted from when it was added. Default 1. */
  readonly nth?: number;
  /** Number of requests that the fault applies to. Default 1. */
  readonly times?: number;
}

/** The effect of a fault. By default, the request has no effect on the service. */
export type FaultEffect =
  /** Answers with this status. `afterEffect` performs the request first. Default body: the host's own error format. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A string is sent unchanged; any other value is sent as JSON. */
      readonly body?: unknown;
      readonly code?: string;
      readonly afterEffect?: boolean;
    }
  /** A 429. `Retry-After` (seconds or a date) and `X-Ratelimit-*` are sent only if set here. */
  | {
      readonly kind: 'throttle';
      readonly retryAfter?: number | string;
      readonly rateLimit?: RateLimitNumbers;
    }
  /** An HTML page, as a proxy sends one. Default status 502. */
  | { readonly kind: 'html'; readonly status?: number }
  /** Resets the connection before a byte of the body is read. */
  | { readonly kind: 'reset' }
  /** PUT: resets after this many bytes of the body. Other requests: performs them and cuts the reply there. */
  | { readonly kind: 'reset-mid-body'; readonly afterBytes: number }
  /** Performs the request, then closes the connection without a reply. */
  | { readonly kind: 'lost-reply' }
  /** Never answers. The body of a PUT is read up to `afterBytes` (default 0). */
  | { readonly kind: 'stall'; readonly afterBytes?: number }
  /** Waits by the simulator's clock, then continues. Can be combined with one other fault. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** PUT: stores the bytes and replies with an ETag of 32 other hex digits. */
  | { readonly kind: 'wrong-etag' }
  /** PUT: stores the bytes and replies without an ETag. */
  | { readonly kind: 'no-etag' }
  /** PUT: stores one byte changed. The ETag is that of the stored bytes. */
  | { readonly kind: 'corrupt' }
  /** PUT: rejects the URL as expired. */
  | { readonly kind: 'expired-url' }
  /** PUT: rejects the URL as already used. */
  | { readonly kind: 'used-url' }
  /** Report: accepts it in the reply, but the target's chunk (default: all chunks) stays pending. */
  | { readonly kind: 'drop-report' }
  /**
   * Report: accepts it in the reply, but the target's chunk fails and its bytes are dropped. Without
   * a target, the chunks of `chunks` fail; by default, all of them.
   */
  | { readonly kind: 'fail-chunk'; readonly error: string; readonly chunks?: readonly number[] }
  /** Performs the request at once and replies this many milliseconds later, by the simulator's clock. */
  | { readonly kind: 'late-reply'; readonly ms: number }
  /** Sends an interim `100 Continue` that the client did not ask for, then continues. */
  | { readonly kind: 'interim-reply' }
  /** Runs `act` when the request arrives, then continues. Simulates concurrent events, such as an expiry. */
  | { readonly kind: 'callback'; readonly act: (call: CallRecord) => void | Promise<void> }
  /** API: performs the request and changes the JSON reply. */
  | { readonly kind: 'altered-reply'; readonly alter: (body: Record<string, unknown>) => unknown };

export type Fault = FaultTarget & FaultEffect;

/**
 * Decides whether a fault applies to a request. The call's `at` is the arrival time of its first
 * line, by the simulator's clock.
 */
export type FaultSource = (call: CallRecord) => FaultEffect | undefined;

const putOnly = ['wrong-etag', 'no-etag', 'corrupt', 'expired-url', 'used-url'];
const reportOnly = ['drop-report', 'fail-chunk'];

/** @throws Error - the operation does not support this kind of fault */
export function assertApplicable({ kind, on }: Fault): void {
  const isApplicable =
    (!putOnly.includes(kind) || on === 'put') &&
    (!reportOnly.includes(kind) || on === 'report') &&
    (kind !== 'altered-reply' || on !== 'put');
  if (!isApplicable) throw new Error(`A fault of kind "${kind}" does not apply to "${on}".`);
}
