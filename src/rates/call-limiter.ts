import { type ErrorOrigin, isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { maxSharedStopSeconds } from '#src/core/limits/limits.ts';
import { type CallDecision, CallGate } from '#src/core/rates/call-gate.ts';
import { callKinds, callsPerSecond, recoveryMs } from '#src/core/rates/call-rate.ts';
import type { CommonPorts } from '#src/transfer/step.ts';
import { type RateSharing, type RateStore, shareNothing, shareRates } from './rate-sharing.ts';

/** Limits the calls of one process, by kind. */
export interface CallLimiter extends CallLimits {
  /** The same limits for callers that may not use the table. */
  readonly local: CallLimits;
}

export interface CallLimits {
  /**
   * Resolves when a call may be made.
   * @throws ThrottledError - with `isCallPostponed`: a Retry-After stops this kind, or the wait is too long
   *   for a function. `retryAfterSeconds` says when to come back
   */
  take(kind: ErrorOrigin, signal?: AbortSignal): Promise<void>;
  /** Lowers or stops the kind of call that a throttled reply is about; ignores other errors. */
  learn(error: unknown): Promise<void>;
}

export interface LimiterPorts extends CommonPorts {
  readonly store: () => RateStore;
}

/** One kind of call in one process. */
interface Limited {
  readonly ports: LimiterPorts;
  readonly sharing: RateSharing;
  readonly kind: ErrorOrigin;
  readonly gate: CallGate;
}

/**
 * Creates the limiter of one process. It limits this process's own calls; processes share the rates
 * through the table, with at most one read, and one write for each kind, in five seconds.
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

async function take(limited: Limited, signal: AbortSignal | undefined): Promise<void> {
  const { sharing, kind, gate } = limited;
  await sharing.refresh();
  await sharing.flush(kind);
  const decision = await waitForRate(limited, gate.enter(), signal).finally(() => gate.leave());
  if (decision.action === 'leave') throw backoff(limited, decision);
}

async function waitForRate(
  { ports: { clock }, gate }: Limited,
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

function backoff(
  { ports: { clock, random }, kind, gate }: Limited,
  { ms, why }: Extract<CallDecision, { action: 'leave' }>,
): TransferError {
  const reason =
    why === 'stopped'
      ? `it asked for no calls until ${timeText(gate.stoppedUntil)}`
      : `the rate is ${rateText(callsPerSecond(gate.rate, clock.now()))} and other calls wait`;
  return new TransferError('ThrottledError', `Call to ${callees[kind]} postponed: ${reason}.`, {
    // A quarter more at most: callers that were stopped together do not come back together.
    retryAfterSeconds: (ms / 1000) * (1 + random() / 4),
    isCallPostponed: true,
    origin: kind,
  });
}

async function learn(of: (kind: ErrorOrigin) => Limited, error: unknown): Promise<void> {
  if (!isTransferError(error) || !error.isThrottle || error.isCallPostponed) return;
  const limited = of(error.origin ?? 'service');
  if (error.retryAfterSeconds === undefined) lower(limited, error.message);
  else stop(limited, error.retryAfterSeconds, error.message);
  await limited.sharing.flush(limited.kind);
}

function lower({ ports, sharing, kind, gate }: Limited, reason: string): void {
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

function stop({ ports, sharing, kind, gate }: Limited, seconds: number, reason: string): void {
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
