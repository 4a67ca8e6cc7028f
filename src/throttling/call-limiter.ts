import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { maxSharedStopSeconds } from '#src/core/limits/limits.ts';
import { type CallDecision, CallGate } from '#src/core/rates/call-gate.ts';
import { callKinds, callsPerSecond, recoveryMs } from '#src/core/rates/call-rate.ts';
import type { CommonPorts } from '#src/step-support/step.ts';
import { type RateSharing, type RateStore, shareNothing, shareRates } from './rate-sharing.ts';

/** Limits the calls of one process, by kind. */
export interface CallLimiter extends CallLimits {
  /** The same limits for callers without permission on the table. */
  readonly local: CallLimits;
}

export interface CallLimits {
  /**
   * Resolves when the caller may make its call.
   * @throws ThrottledError - with `isCallPostponed`: a Retry-After stops this kind of call, or the wait is
   *   too long for a function. `retryAfterSeconds` is the time until the next try
   */
  take(kind: ErrorOrigin, signal?: AbortSignal): Promise<void>;
  /** Lowers the rate, or stops the kind of call, after a throttled reply. Ignores other errors. */
  learn(error: unknown): Promise<void>;
}

export interface LimiterPorts extends CommonPorts {
  readonly store: () => RateStore;
}

/** One kind of call in one process. */
interface KindContext {
  readonly ports: LimiterPorts;
  readonly sharing: RateSharing;
  readonly kind: ErrorOrigin;
  readonly gate: CallGate;
}

/**
 * Creates the limiter of one process. Processes share their rates through the table, with at most one
 * read, and one write for each kind, in five seconds.
 */
export function createCallLimiter(ports: LimiterPorts): CallLimiter {
  const gates = new Map(callKinds.map((kind) => [kind, new CallGate(ports.random)] as const));
  const limitsWith = (sharing: RateSharing) => {
    const of = (kind: ErrorOrigin) => ({ ports, sharing, kind, gate: gates.get(kind) as CallGate });
    return {
      take: (kind: ErrorOrigin, signal?: AbortSignal) => take(of(kind), signal),
      learn: (error: unknown) => learn(of, error),
    };
  };
  return { ...limitsWith(shareRates(ports, gates)), local: limitsWith(shareNothing) };
}

async function take(context: KindContext, signal: AbortSignal | undefined): Promise<void> {
  const { sharing, kind, gate } = context;
  await sharing.refresh();
  await sharing.flush(kind);
  const decision = await waitForRate(context, gate.enter(), signal).finally(() => gate.leave());
  if (decision.action === 'leave') throw postponedCallError(context, decision);
}

async function waitForRate(
  { ports: { clock }, gate }: KindContext,
  ticket: number,
  signal: AbortSignal | undefined,
): Promise<CallDecision> {
  const beganAt = clock.now();
  let decision = gate.decide(beganAt, ticket, 0);
  while (decision.action === 'wait') {
    await clock.sleep(decision.ms, signal);
    decision = gate.decide(clock.now(), ticket, clock.now() - beganAt);
  }
  return decision;
}

const callees: Readonly<Record<ErrorOrigin, string>> = {
  service: 'the service',
  storage: 'the upload host',
  source: 'Amazon S3',
};

function postponedCallError(
  { ports: { clock, random }, kind, gate }: KindContext,
  { ms, why }: Extract<CallDecision, { action: 'leave' }>,
): TransferError {
  const reason =
    why === 'stopped'
      ? `its Retry-After ends at ${timeText(gate.stoppedUntil)}`
      : `the rate is ${rateText(callsPerSecond(gate.rate, clock.now()))} and other calls wait`;
  return new TransferError('ThrottledError', `Call to ${callees[kind]} postponed: ${reason}.`, {
    // At most a quarter more, so callers that were stopped together do not return together.
    retryAfterSeconds: (ms / 1000) * (1 + random() / 4),
    isCallPostponed: true,
    origin: kind,
  });
}

async function learn(of: (kind: ErrorOrigin) => KindContext, error: unknown): Promise<void> {
  if (!isTransferError(error) || !error.isThrottle || error.isCallPostponed) return;
  const context = of(error.origin ?? 'service');
  if (error.retryAfterSeconds === undefined) lower(context, error.message);
  else stop(context, error.retryAfterSeconds, error.message);
  await context.sharing.flush(context.kind);
}

function lower({ ports, sharing, kind, gate }: KindContext, reason: string): void {
  const rate = gate.lower(ports.clock.now());
  if (!rate) return;
  sharing.offerRate(kind, rate);
  ports.meter.add('RateLowered', 1, kind);
  ports.log.warn('call rate lowered', {
    kind,
    callsPerSecond: Number(rate.perSecond.toFixed(1)),
    until: timeText(rate.loweredAt + recoveryMs),
    reason,
  });
}

function stop({ ports, sharing, kind, gate }: KindContext, seconds: number, reason: string): void {
  const until = ports.clock.now() + Math.ceil(Math.min(maxSharedStopSeconds[kind], seconds) * 1000);
  if (!gate.stop(until)) return;
  sharing.offerStop(kind, until);
  ports.meter.add('CallsStopped', 1, kind);
  ports.log.warn('calls stopped', { kind, callsPerSecond: 0, until: timeText(until), reason });
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}

function rateText(perSecond: number): string {
  return `${perSecond.toFixed(1)} calls per second`;
}
