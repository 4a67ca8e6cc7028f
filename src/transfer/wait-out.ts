import { type ErrorName, isErrorName, TransferError } from '#src/core/errors/errors.ts';
import { decide, type StepContext, waitStateSeconds } from '#src/core/errors/recovery.ts';
import { waitLogFields } from './retry-with-backoff.ts';
import type { Outage } from './state.ts';
import type { CommonPorts } from './step.ts';

/** Who waits, for the log, and how long a denied read of its object is tried again. */
interface WaitSubject {
  readonly transferId?: string | undefined;
  readonly step: string;
  readonly deniedSeconds?: number | undefined;
}

/** A state that may hold an error which is being waited out. */
interface MaybeInOutage {
  readonly outage?: Outage | undefined;
  /** Sessions of this execution whose opening was not answered. */
  readonly createsLost?: number;
}

/** What a step answers while it waits. */
export interface WaitAnswer {
  readonly next: 'wait';
  readonly waitSeconds: number;
  readonly outage: Outage;
}

/**
 * Answers a transient error with a wait, longer each time and at least as long as the service asked.
 * @throws the error itself, once patience is over or waiting can't help
 */
export function waitOut(
  ports: CommonPorts,
  { outage, createsLost = 0 }: MaybeInOutage,
  error: TransferError,
  waiter: WaitSubject,
): WaitAnswer {
  const now = ports.clock.now();
  const { deniedSeconds } = waiter;
  const seconds = secondsOf(outage, error, now, { createsLost, deniedSeconds });
  logWait(ports, waiter, error, seconds);
  return {
    next: 'wait',
    waitSeconds: waitStateSeconds(seconds, error.name),
    outage: outageFrom(outage, error, now, seconds, waiter.step),
  };
}

function secondsOf(
  outage: Outage | undefined,
  error: TransferError,
  now: number,
  bounds: Pick<StepContext, 'createsLost' | 'deniedSeconds'>,
): number {
  const { since = now, waits = 0, namedMs = 0 } = outage ?? {};
  const { sameSince = now, sameWaits = 0 } = outage?.error === error.name ? outage : {};
  const [waitingMs, sameMs] = [now - since, now - sameSince];
  const deniedMs = now - (outage?.deniedSince ?? now);
  const known = { waits, waitingMs, namedMs, sameWaits, sameMs, deniedMs, ...bounds };
  const decision = decide(error, { within: 'step', ...known });
  if (decision.action === 'end') throw ended(decision.error, waitingMs);
  return decision.action === 'wait' ? decision.seconds : 0;
}

function outageFrom(
  outage: Outage | undefined,
  error: TransferError,
  now: number,
  seconds: number,
  step: string,
): Outage {
  const { since = now, waits = 0, namedMs = 0 } = outage ?? {};
  const { sameSince = now, sameWaits = 0 } = outage?.error === error.name ? outage : {};
  const waitMs = Math.ceil(seconds * 1000);
  return {
    error: error.name,
    reason: error.message.slice(0, 500).toWellFormed(),
    ...{ since, waits: waits + 1, sameSince, sameWaits: sameWaits + 1, step },
    namedMs: namedMs + allowedMs(error, waitMs),
    deniedSince: outage?.deniedSince ?? (isDenial(error) ? Math.floor(now) : undefined),
    until: Math.ceil(now) + waitMs,
  };
}

/** The part of a wait that is no outage: the other side named it, or the source lets reads be denied. */
function allowedMs(error: TransferError, waitMs: number): number {
  const namedMs = Math.ceil((error.retryAfterSeconds ?? 0) * 1000);
  return isDenial(error) ? waitMs : Math.min(waitMs, namedMs);
}

function isDenial({ name }: TransferError): boolean {
  return name === 'SourceDeniedForNowError';
}

/** What is left of a trouble after a success of `step`: nothing where that step met it. */
export function outageAfterSuccess(step: string, outage: Outage | undefined): Outage | undefined {
  return outage?.step === step ? undefined : outage;
}

/** Returns the rest of a wait that is not over: the service must not be asked too early. */
export function remainingWait(
  { clock }: CommonPorts,
  { outage }: MaybeInOutage,
): { readonly next: 'wait'; readonly waitSeconds: number } | undefined {
  const leftMs = (outage?.until ?? 0) - clock.now();
  // A Wait state may end a moment early.
  if (leftMs < 1_000) return undefined;
  return { next: 'wait', waitSeconds: waitStateSeconds(leftMs / 1000) };
}

/** The trouble itself as an error, for an execution that gives up. */
export function outageError({ error, reason }: Outage, waitedMs: number): TransferError {
  const name: ErrorName = isErrorName(error) ? error : 'ServiceUnavailableError';
  return ended(new TransferError(name, reason), waitedMs);
}

/** Shows a wait in the log, with its reason and the time of the next try, and measures it. */
export function logWait(
  { log, meter, clock }: CommonPorts,
  { transferId, step }: WaitSubject,
  error: TransferError,
  seconds: number,
): void {
  meter.add('WaitSeconds', seconds, error.name);
  const until = clock.now() + seconds * 1000;
  log.info('waiting', { transferId, step, ...waitLogFields(error, until) });
}

function ended(error: TransferError, waitedMs: number): TransferError {
  if (error.disposition === 'fail' || waitedMs < 60_000) return error;
  const minutes = Math.round(waitedMs / 60_000);
  const words = error.message.replace(/\.$/, '');
  return new TransferError(error.name, `${words} (for ${minutes} minutes)`, {
    cause: error,
    status: error.status,
    origin: error.origin,
  });
}
