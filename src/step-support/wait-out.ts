import { nameMeans } from '#src/core/errors/error-meanings.ts';
import {
  decide,
  outageTooLongError,
  type StepContext,
  waitStateSeconds,
} from '#src/core/errors/retry-rules.ts';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import { waitLogFields } from './retry-with-backoff.ts';
import type { Outage } from './state.ts';
import type { CommonPorts } from './step.ts';
import { describeStepFailure } from './step-failure.ts';

/** The step that waits, and how long its source permits retries of a denied read, in seconds. */
interface WaitSubject {
  readonly transferId?: string | undefined;
  readonly step: string;
  readonly deniedSeconds?: number | undefined;
}

/** A state that can contain an outage. */
interface MaybeInOutage {
  readonly outage?: Outage | undefined;
  /** Sessions of this execution whose create request got no reply. */
  readonly createsLost?: number;
}

/** What a step answers while it waits out an error. */
export interface WaitAnswer {
  readonly next: 'wait';
  readonly waitSeconds: number;
  readonly outage: Outage;
}

/**
 * Answers a transient error with a wait, longer each time and at least as long as the service requested.
 * @throws OutageTooLongError, or the final error of the decision, if a bound is reached
 * @throws the error itself, if a wait cannot help
 */
export function waitOut(
  ports: CommonPorts,
  { outage, createsLost = 0 }: MaybeInOutage,
  error: TransferError,
  subject: WaitSubject,
): WaitAnswer {
  const now = ports.clock.now();
  const { deniedSeconds } = subject;
  const seconds = waitSecondsFor(outage, error, now, { createsLost, deniedSeconds });
  logWait(ports, subject, error, seconds);
  return {
    next: 'wait',
    waitSeconds: waitStateSeconds(seconds, error.name),
    outage: extendOutage(outage, error, now, seconds, subject.step),
  };
}

function waitSecondsFor(
  outage: Outage | undefined,
  error: TransferError,
  now: number,
  bounds: Pick<StepContext, 'createsLost' | 'deniedSeconds'>,
): number {
  const { since = now, waits = 0, excusedMs = 0 } = outage ?? {};
  const { sameSince = now, sameWaits = 0 } = outage?.error === error.name ? outage : {};
  const [waitingMs, sameMs] = [now - since, now - sameSince];
  const deniedMs = now - (outage?.deniedSince ?? now);
  const facts = { waits, waitingMs, excusedMs, sameWaits, sameMs, deniedMs, ...bounds };
  const decision = decide(error, { within: 'step', ...facts });
  if (decision.action === 'end') throw decision.error;
  return decision.action === 'wait' ? decision.seconds : 0;
}

function extendOutage(
  outage: Outage | undefined,
  error: TransferError,
  now: number,
  seconds: number,
  step: string,
): Outage {
  const { since = now, waits = 0, excusedMs = 0 } = outage ?? {};
  const { sameSince = now, sameWaits = 0 } = outage?.error === error.name ? outage : {};
  const waitMs = Math.ceil(seconds * 1000);
  return {
    error: error.name,
    reason: error.message.slice(0, 500).toWellFormed(),
    ...{ since, waits: waits + 1, sameSince, sameWaits: sameWaits + 1, step },
    excusedMs: excusedMs + excusedPart(error, waitMs),
    deniedSince: outage?.deniedSince ?? (isDenial(error) ? Math.floor(now) : undefined),
    until: Math.ceil(now) + waitMs,
  };
}

/** Returns the part of a wait that does not count against patience: requested by the service, or a permitted denial. */
function excusedPart(error: TransferError, waitMs: number): number {
  const requestedMs = Math.ceil((error.retryAfterSeconds ?? 0) * 1000);
  return isDenial(error) ? waitMs : Math.min(waitMs, requestedMs);
}

function isDenial({ name }: TransferError): boolean {
  return nameMeans(name, 'sourceDeniedForNow');
}

/** Returns the outage after a success of a step: undefined if that step met the outage. */
export function outageAfterSuccess(step: string, outage: Outage | undefined): Outage | undefined {
  return outage?.step === step ? undefined : outage;
}

/** Returns the rest of a wait that has not ended: a call must not reach the service too early. */
export function remainingWait(
  { clock }: CommonPorts,
  { outage }: MaybeInOutage,
): { readonly next: 'wait'; readonly waitSeconds: number } | undefined {
  const leftMs = (outage?.until ?? 0) - clock.now();
  // A Wait state can end up to a second early.
  if (leftMs < 1_000) return undefined;
  return { next: 'wait', waitSeconds: waitStateSeconds(leftMs / 1000) };
}

/** Returns the error of an execution that gives up during an outage. */
export function outageError({ error, reason, step }: Outage, waitedMs: number): TransferError {
  const message = step === undefined ? reason : describeStepFailure(step, reason);
  return outageTooLongError({ name: error, message }, waitedMs);
}

/** Logs a wait with its reason and the time of the next try, and records the metric. */
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
