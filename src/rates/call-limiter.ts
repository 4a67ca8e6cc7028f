import { isTransferError, type Side, TransferError } from '#src/core/errors/errors.ts';
import { maxSharedStopSeconds } from '#src/core/limits/limits.ts';
import { type CallDecision, CallLane } from '#src/core/rates/call-lane.ts';
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
   * @throws ThrottledError - with `isPause`: a Retry-After stops this kind, or the wait is too long
   *   for a function. `retryAfterSeconds` says when to come back
   */
  take(kind: Side, signal?: AbortSignal): Promise<void>;
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
  readonly kind: Side;
  readonly lane: CallLane;
}

/**
 * Creates the limiter of one process. It limits this process's own calls; processes share the rates
 * through the table, with at most one read, and one write for each kind, in five seconds.
 */
export function createCallLimiter(ports: LimiterPorts): CallLimiter {
  const lanes = new Map(callKinds.map((kind) => [kind, new CallLane(ports.random)] as const));
  const limitsWith = (sharing: RateSharing) => {
    const of = (kind: Side) => ({ ports, sharing, kind, lane: lanes.get(kind) as CallLane });
    return {
      take: (kind: Side, signal?: AbortSignal) => take(of(kind), signal),
      learn: (error: unknown) => learn(of, error),
    };
  };
  return { ...limitsWith(shareRates(ports, lanes)), local: limitsWith(shareNothing) };
}

async function take(limited: Limited, signal: AbortSignal | undefined): Promise<void> {
  const { sharing, kind, lane } = limited;
  await sharing.refresh();
  await sharing.flush(kind);
  const decision = await waitForTurn(limited, lane.enter(), signal).finally(() => lane.leave());
  if (decision.action === 'leave') throw backoff(limited, decision);
}

async function waitForTurn(
  { ports: { clock }, lane }: Limited,
  ticket: number,
  signal: AbortSignal | undefined,
): Promise<CallDecision> {
  const beganAt = clock.now();
  let decision = lane.decide(beganAt, ticket, 0);
  while (decision.action === 'wait') {
    await clock.sleep(decision.ms, signal);
    decision = lane.decide(clock.now(), ticket, clock.now() - beganAt);
  }
  return decision;
}

const callees: Readonly<Record<Side, string>> = {
  service: 'the service',
  storage: 'the upload host',
  source: 'Amazon S3',
};

function backoff(
  { ports: { clock, random }, kind, lane }: Limited,
  { ms, why }: Extract<CallDecision, { action: 'leave' }>,
): TransferError {
  const reason =
    why === 'stopped'
      ? `it asked for no calls until ${timeText(lane.stoppedUntil)}`
      : `the rate is ${rateText(callsPerSecond(lane.rate, clock.now()))} and other calls wait`;
  return new TransferError('ThrottledError', `Call to ${callees[kind]} postponed: ${reason}.`, {
    // A quarter more at most: callers that were stopped together do not come back together.
    retryAfterSeconds: (ms / 1000) * (1 + random() / 4),
    isPause: true,
    side: kind,
  });
}

async function learn(of: (kind: Side) => Limited, error: unknown): Promise<void> {
  if (!isTransferError(error) || !error.isThrottle || error.isPause) return;
  const limited = of(error.side ?? 'service');
  if (error.retryAfterSeconds === undefined) lower(limited, error.message);
  else stop(limited, error.retryAfterSeconds, error.message);
  await limited.sharing.flush(limited.kind);
}

function lower({ ports, sharing, kind, lane }: Limited, reason: string): void {
  const rate = lane.lower(ports.clock.now());
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

function stop({ ports, sharing, kind, lane }: Limited, seconds: number, reason: string): void {
  const until = ports.clock.now() + Math.ceil(Math.min(maxSharedStopSeconds[kind], seconds) * 1000);
  if (!lane.stop(until)) return;
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
