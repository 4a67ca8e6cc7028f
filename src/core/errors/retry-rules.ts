import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { Random } from '#src/core/ports/clock.ts';
import { growingWaitSeconds, jitteredBackoffMs, wholeWaitSeconds } from './backoff.ts';
import type { ErrorName } from './error-lookup.ts';
import { nameMeans } from './error-meanings.ts';
import { isTransferError, TransferError, withDetail } from './transfer-error.ts';

/**
 * What happens after an error. This module alone decides it. Within a call: repeat the request, renew
 * the URL or the session, leave the request to a later call, or end. Between calls: wait, renew, or end.
 */
export type Decision =
  /** Makes the same request again after `afterMs`. */
  | { readonly action: 'repeat'; readonly afterMs: number }
  /** Obtains a fresh presigned URL or a new session first. */
  | { readonly action: 'renew'; readonly what: 'url' | 'session'; readonly afterMs: number }
  /** Leaves the request to a later call of the step, after `seconds`. */
  | { readonly action: 'wait'; readonly seconds: number }
  /** Ends with this error. The state machine's Retry repeats the step after a failed read or write of the table. */
  | { readonly action: 'end'; readonly error: TransferError };

/** A failed request within one call of a function. */
export interface CallContext {
  readonly within: 'call';
  /** Tries of this request, including this one. */
  readonly tries: number;
  /** The time since the upload host first rejected this chunk, in ms. */
  readonly rejectedForMs?: number;
  /** Sends of this chunk whose ETag was not the MD5 of the sent bytes. */
  readonly mismatches?: number;
  /** Whether other chunks can be sent first. They may prove that the session's ETags are opaque. */
  readonly canComeLater?: boolean;
  /** Whether other chunks may still prove that the session's ETags are opaque. */
  readonly isUndecided?: boolean;
  /** The time until the end of the call, in ms. */
  readonly timeLeftMs: number;
  readonly random: Random;
}

/** A failed call of a step. The decision is about the time before the next call. */
export interface StepContext {
  readonly within: 'step';
  /** Waits since the last success. */
  readonly waits: number;
  /** The time since the first of these waits, in ms. */
  readonly waitingMs: number;
  /** The part of `waitingMs` that a Retry-After requested or a permitted denial took, in ms. */
  readonly excusedMs?: number;
  /** Consecutive waits for the same error. Default: `waits`. */
  readonly sameWaits?: number;
  /** The time since the first of `sameWaits`, in ms. Default: `waitingMs`. */
  readonly sameMs?: number;
  /** Sessions of this execution whose create reply was lost. */
  readonly createsLost?: number;
  /** The time since the first denied read, in ms. */
  readonly deniedMs?: number;
  /** The source's `waitWhileDenied`, in seconds. */
  readonly deniedSeconds?: number | undefined;
}

/** Waits before a rejected chunk is sent on its next fresh URL, in ms. Their sum is below two minutes. */
const freshUrlDelaysMs = [0, 8_000, 25_000, 60_000] as const;

/** Decides what to do about an error. */
export function decide(error: TransferError, context: CallContext | StepContext): Decision {
  if (error.disposition === 'fail' || error.scope === 'transfer') return { action: 'end', error };
  if (nameMeans(error.name, 'retriedByStateMachine')) return { action: 'end', error };
  return context.within === 'call' ? decideInCall(error, context) : decideInStep(error, context);
}

function decideInCall(error: TransferError, context: CallContext): Decision {
  if (error.scope === 'session') return { action: 'renew', what: 'session', afterMs: 0 };
  if (context.mismatches) return decideMismatch(error, context, context.mismatches);
  if (error.scope === 'chunk') return decideRejection(error, context);
  // A denial lasts for minutes, so a retry within seconds is useless.
  if (error.name === 'SourceDeniedForNowError') return { action: 'wait', seconds: 0 };
  const afterMs = delayMs(error, context);
  const isWorthwhile =
    context.tries < boundOf('triesPerCall') &&
    afterMs <= boundOf('longestBackoff') * 1000 &&
    afterMs < context.timeLeftMs;
  if (!isWorthwhile) return { action: 'wait', seconds: error.retryAfterSeconds ?? 0 };
  return { action: 'repeat', afterMs };
}

function delayMs(error: TransferError, { tries, random }: CallContext): number {
  const { retryAfterSeconds } = error;
  return retryAfterSeconds === undefined
    ? jitteredBackoffMs(tries, random)
    : retryAfterSeconds * 1000;
}

/** A rejection by the upload host, or a reply without a proof, is final after fresh URLs and two minutes. */
function decideRejection(error: TransferError, context: CallContext): Decision {
  const { tries, rejectedForMs = 0, timeLeftMs } = context;
  const afterMs = freshUrlDelaysMs[tries - 1];
  const isLong = tries > 2 && rejectedForMs >= boundOf('rejectionPatience') * 1000;
  if (afterMs === undefined || tries >= boundOf('freshUrls') || isLong) {
    return { action: 'end', error: finalRejectionError(error, tries, rejectedForMs) };
  }
  if (afterMs >= timeLeftMs) return { action: 'wait', seconds: 0 };
  return { action: 'renew', what: 'url', afterMs };
}

/** Returns the final error. It has the rejection as its cause and states the number of sends. */
function finalRejectionError(
  error: TransferError,
  tries: number,
  rejectedForMs: number,
): TransferError {
  const seconds = Math.round(rejectedForMs / 1000);
  return new TransferError(
    'UploadRejectedError',
    withDetail(error.message, `${tries} sends on fresh URLs in ${seconds} s`),
    { cause: error, status: error.status, origin: 'storage' },
  );
}

/** Other chunks may prove that the ETags are opaque. Otherwise a few sends decide. */
function decideMismatch(error: TransferError, context: CallContext, mismatches: number): Decision {
  const { canComeLater = false, isUndecided = false, timeLeftMs, random } = context;
  if (mismatches >= boundOf('mismatchedSends')) {
    if (isUndecided) return { action: 'wait', seconds: 0 };
    return { action: 'end', error: chunkCorruptError(error, mismatches) };
  }
  if (canComeLater && mismatches === 2) return { action: 'wait', seconds: 0 };
  const afterMs = jitteredBackoffMs(mismatches, random);
  if (afterMs >= timeLeftMs) return { action: 'wait', seconds: 0 };
  return { action: 'renew', what: 'url', afterMs };
}

function chunkCorruptError(error: TransferError, tries: number): TransferError {
  const message = withDetail(error.message, `${tries} sends`);
  return new TransferError('ChunkCorruptError', message, { cause: error, origin: 'storage' });
}

function decideInStep(error: TransferError, context: StepContext): Decision {
  const { waits, waitingMs, createsLost = 0 } = context;
  const { sameWaits = waits, sameMs = waitingMs } = context;
  const { retryAfterSeconds } = error;
  if (error.name === 'CreateReplyLostError') {
    const isLast = createsLost >= boundOf('lostCreates') || waitingMs >= boundOf('patience') * 1000;
    if (isLast) return { action: 'end', error: withWaitedTime(error, waitingMs) };
    const seconds = Math.max(retryAfterSeconds ?? 0, createWaitSeconds(createsLost));
    return { action: 'wait', seconds };
  }
  if (error.name === 'SessionExpiredError') return { action: 'renew', what: 'session', afterMs: 0 };
  if (error.scope === 'chunk' && sameWaits > 2 && sameMs >= boundOf('rejectionPatience') * 1000) {
    return { action: 'end', error: finalChunkError(error, sameWaits, sameMs) };
  }
  if (isPatienceOver(error, context)) {
    return { action: 'end', error: endOfPatienceError(error, context) };
  }
  return { action: 'wait', seconds: Math.max(retryAfterSeconds ?? 0, growingWaitSeconds(waits)) };
}

function isPatienceOver({ name }: TransferError, context: StepContext): boolean {
  const { waitingMs, excusedMs = 0, deniedSeconds = 0 } = context;
  const waitedMs = sourceWaitMs(name, context);
  if (name === 'SourceDeniedForNowError') return waitedMs >= deniedSeconds * 1000;
  if (finalSourceNames[name]) return waitedMs >= boundOf('rejectionPatience') * 1000;
  const countedMs = waitingMs - excusedMs;
  return (
    countedMs >= boundOf('patience') * 1000 || waitingMs >= boundOf('patienceWithRetryAfter') * 1000
  );
}

/** Returns how long S3 has returned this error, in ms. Other errors do not interrupt a denial. */
function sourceWaitMs(name: ErrorName, context: StepContext): number {
  const { waitingMs, sameMs = waitingMs, deniedMs = waitingMs } = context;
  return name === 'SourceDeniedForNowError' ? deniedMs : sameMs;
}

const finalSourceNames: Partial<Record<ErrorName, ErrorName>> = {
  SourceDeniedForNowError: 'SourceAccessDeniedError',
  SourceSignatureRejectedError: 'SourceCredentialsRejectedError',
  SourceInconsistentError: 'SourceProtocolError',
};

/** Returns the final error for a transient error that outlasted its bound. */
function endOfPatienceError(error: TransferError, context: StepContext): TransferError {
  const name = finalSourceNames[error.name];
  if (name === undefined) return outageTooLongError(error, context.waitingMs);
  return withWaitedTime(error, sourceWaitMs(error.name, context), name);
}

/**
 * Returns the final error for an outage that the execution no longer waits out. A transient name would
 * make the state machine's Retry repeat the step.
 * @param last - the last error of the outage, or what the state of the execution has of it
 */
export function outageTooLongError(
  last: TransferError | Pick<Error, 'name' | 'message'>,
  waitedMs: number,
): TransferError {
  const { name, message } = last;
  const detail = [name, waitedText(waitedMs)].filter(Boolean).join(' ');
  const options = isTransferError(last)
    ? { cause: last, status: last.status, origin: last.origin }
    : {};
  return new TransferError('OutageTooLongError', withDetail(message, detail), options);
}

function withWaitedTime(
  error: TransferError,
  waitedMs: number,
  name: ErrorName = error.name,
): TransferError {
  const { message, status, origin } = error;
  const text = waitedText(waitedMs);
  const options = { cause: error, status, origin };
  return new TransferError(name, text ? withDetail(message, text) : message, options);
}

/** Returns the waited time for a message, or nothing below a minute. */
function waitedText(ms: number): string {
  return ms < 60_000 ? '' : `for ${Math.round(ms / 60_000)} minutes`;
}

function finalChunkError(error: TransferError, waits: number, waitingMs: number): TransferError {
  if (error.name === 'ChunkMismatchError') return chunkCorruptError(error, waits);
  return finalRejectionError(error, waits, waitingMs);
}

/** Returns the wait before a session is opened again after a lost create reply: 5 s, then four times as long. */
function createWaitSeconds(lost: number): number {
  return Math.min(boundOf('longestCreateWait'), 5 * 4 ** Math.min(Math.max(0, lost - 1), 10));
}

/** Rounds a wait to whole seconds for a Wait state, within the longest wait between two calls. */
export function waitStateSeconds(seconds: number, name?: TransferError['name']): number {
  if (name !== 'CreateReplyLostError') return wholeWaitSeconds(seconds);
  return Math.min(boundOf('longestCreateWait'), Math.max(1, Math.ceil(seconds)));
}

/** True for an error that a step answers with a wait: it may pass without any action. */
export function canBeWaitedOut(error: unknown): error is TransferError {
  if (!isTransferError(error)) return false;
  return error.disposition === 'retry' && !nameMeans(error.name, 'retriedByStateMachine');
}
