import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { Random } from '#src/core/ports/clock.ts';
import { growingWaitSeconds, jitteredBackoffMs, wholeWaitSeconds } from './backoff.ts';
import { type ErrorName, isTransferError, TransferError } from './errors.ts';

/**
 * The one place that decides what happens after an error. Within a call the answers are: repeat the
 * request, renew what it needs, leave it to a later call, or end. Between calls: wait, renew, or end.
 */
export type Decision =
  /** Makes the same request again after `afterMs`. */
  | { readonly action: 'repeat'; readonly afterMs: number }
  /** Obtains a fresh presigned URL or a new session first. */
  | { readonly action: 'renew'; readonly what: 'url' | 'session'; readonly afterMs: number }
  /** Leaves the request to a later call of the step, after `seconds`. */
  | { readonly action: 'wait'; readonly seconds: number }
  /** Ends with this error; the state machine's Retry takes an unreachable table from here. */
  | { readonly action: 'end'; readonly error: TransferError };

/** One request that failed, within a call of a function. */
export interface CallContext {
  readonly within: 'call';
  /** Tries of this request so far, this one included. */
  readonly tries: number;
  /** How long the upload host has refused this chunk, in ms. */
  readonly refusedForMs?: number;
  /** Sends of this chunk whose ETag was not the MD5 of its bytes. */
  readonly mismatches?: number;
  /** Whether other chunks may be sent first, which can show that the ETags of the session are opaque. */
  readonly canComeLater?: boolean;
  /** Whether other chunks may still show that the ETags of the session are opaque. */
  readonly isUndecided?: boolean;
  /** Until the call must be over, in ms. */
  readonly timeLeftMs: number;
  readonly random: Random;
}

/** A call of a step that failed, between two calls. */
export interface StepContext {
  readonly within: 'step';
  /** Waits so far without a success between them. */
  readonly waits: number;
  /** Since the first of them, in ms. */
  readonly waitingMs: number;
  /** The part of it for which the other side itself named the time of the next try, in ms. */
  readonly namedMs?: number;
  /** Waits for this same error, without another one between them. All of them where left out. */
  readonly sameWaits?: number;
  /** Since the first of those, in ms. */
  readonly sameMs?: number;
  /** Sessions of this execution whose opening was not answered. */
  readonly createsLost?: number;
  /** Since the first denied read, in ms. */
  readonly deniedMs?: number;
  /** How long the object's source lets a denied read be tried again, in seconds. */
  readonly deniedSeconds?: number | undefined;
}

/** Waits before a refused chunk goes out on its next fresh URL, in ms: together below two minutes. */
const freshUrlDelaysMs = [0, 8_000, 25_000, 60_000] as const;

/** Decides what to do about an error. */
export function decide(error: TransferError, context: CallContext | StepContext): Decision {
  if (error.disposition === 'fail' || error.scope === 'transfer') return { action: 'end', error };
  if (error.name === 'TableUnavailableError') return { action: 'end', error };
  return context.within === 'call' ? decideInCall(error, context) : decideInStep(error, context);
}

function decideInCall(error: TransferError, context: CallContext): Decision {
  if (error.scope === 'session') return { action: 'renew', what: 'session', afterMs: 0 };
  if (context.mismatches) return decideMismatch(error, context, context.mismatches);
  if (error.scope === 'chunk') return decideRefusal(error, context);
  // A denial lasts for minutes at least, so a few seconds change nothing.
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

/**
 * A refusal by the upload host, or an answer that proves nothing, ends the transfer once fresh URLs and
 * two minutes have not changed it.
 */
function decideRefusal(error: TransferError, context: CallContext): Decision {
  const { tries, refusedForMs = 0, timeLeftMs } = context;
  const afterMs = freshUrlDelaysMs[tries - 1];
  const isLong = tries > 2 && refusedForMs >= boundOf('refusalPatience') * 1000;
  if (afterMs === undefined || tries >= boundOf('freshUrls') || isLong) {
    return { action: 'end', error: finalRefusal(error, tries, refusedForMs) };
  }
  if (afterMs >= timeLeftMs) return { action: 'wait', seconds: 0 };
  return { action: 'renew', what: 'url', afterMs };
}

/** The refusal itself becomes the cause, with how often it was met. */
export function finalRefusal(
  error: TransferError,
  tries: number,
  refusedForMs: number,
): TransferError {
  const seconds = Math.round(refusedForMs / 1000);
  return new TransferError(
    'UploadRefusedError',
    `${error.message} (${tries} sends on fresh URLs in ${seconds} s)`,
    { cause: error, status: error.status, origin: 'storage' },
  );
}

/** Other chunks may show that the ETags are opaque; where they can't, a few sends decide. */
function decideMismatch(error: TransferError, context: CallContext, mismatches: number): Decision {
  const { canComeLater = false, isUndecided = false, timeLeftMs, random } = context;
  if (mismatches >= boundOf('mismatchedSends')) {
    if (isUndecided) return { action: 'wait', seconds: 0 };
    return { action: 'end', error: corrupt(error, mismatches) };
  }
  if (canComeLater && mismatches === 2) return { action: 'wait', seconds: 0 };
  const afterMs = jitteredBackoffMs(mismatches, random);
  if (afterMs >= timeLeftMs) return { action: 'wait', seconds: 0 };
  return { action: 'renew', what: 'url', afterMs };
}

function corrupt(error: TransferError, tries: number): TransferError {
  const message = `${error.message} (${tries} sends)`;
  return new TransferError('ChunkCorruptError', message, { cause: error, origin: 'storage' });
}

function decideInStep(error: TransferError, context: StepContext): Decision {
  const { waits, waitingMs, createsLost = 0 } = context;
  const { sameWaits = waits, sameMs = waitingMs } = context;
  const { retryAfterSeconds } = error;
  if (error.name === 'CreateReplyLostError') {
    const isLast = createsLost >= boundOf('lostCreates') || waitingMs >= boundOf('patience') * 1000;
    if (isLast) return { action: 'end', error };
    const seconds = Math.max(retryAfterSeconds ?? 0, createWaitSeconds(createsLost));
    return { action: 'wait', seconds };
  }
  if (error.name === 'SessionExpiredError') return { action: 'renew', what: 'session', afterMs: 0 };
  if (error.scope === 'chunk' && sameWaits > 2 && sameMs >= boundOf('refusalPatience') * 1000) {
    return { action: 'end', error: finalChunkError(error, sameWaits, sameMs) };
  }
  if (isPatienceOver(error, context)) {
    return { action: 'end', error: finalSourceError(error, sourceWaitMs(error.name, context)) };
  }
  return { action: 'wait', seconds: Math.max(retryAfterSeconds ?? 0, growingWaitSeconds(waits)) };
}

function isPatienceOver({ name }: TransferError, context: StepContext): boolean {
  const { waitingMs, namedMs = 0, deniedSeconds = 0 } = context;
  const waitedMs = sourceWaitMs(name, context);
  if (name === 'SourceDeniedForNowError') return waitedMs >= deniedSeconds * 1000;
  if (finalSourceNames[name]) return waitedMs >= boundOf('refusalPatience') * 1000;
  const unnamedMs = waitingMs - namedMs;
  return unnamedMs >= boundOf('patience') * 1000 || waitingMs >= boundOf('namedPatience') * 1000;
}

/** How long this error of S3 is met, in ms. A denial counts through other errors between. */
function sourceWaitMs(name: ErrorName, context: StepContext): number {
  const { waitingMs, sameMs = waitingMs, deniedMs = waitingMs } = context;
  return name === 'SourceDeniedForNowError' ? deniedMs : sameMs;
}

const finalSourceNames: Partial<Record<ErrorName, ErrorName>> = {
  SourceDeniedForNowError: 'SourceAccessDeniedError',
  SourceSignatureRefusedError: 'SourceCredentialsRejectedError',
  SourceInconsistentError: 'SourceProtocolError',
};

/** A refusal of S3 that time did not cure is final, under the name that says what to do. */
function finalSourceError(error: TransferError, waitedMs: number): TransferError {
  const name = finalSourceNames[error.name];
  if (name === undefined) return error;
  const { message, status, origin } = error;
  const minutes = Math.round(waitedMs / 60_000);
  return new TransferError(name, `${message} (for ${minutes} minutes)`, {
    cause: error,
    status,
    origin,
  });
}

function finalChunkError(error: TransferError, waits: number, waitingMs: number): TransferError {
  if (error.name === 'ChunkMismatchError') return corrupt(error, waits);
  return finalRefusal(error, waits, waitingMs);
}

/** The wait before a session is opened again whose opening was not answered: 5 s, then four times as long. */
function createWaitSeconds(lost: number): number {
  return Math.min(boundOf('longestCreateWait'), 5 * 4 ** Math.min(Math.max(0, lost - 1), 10));
}

/** What a Wait state takes of a wait: whole seconds, within the longest wait between two calls. */
export function waitStateSeconds(seconds: number, name?: TransferError['name']): number {
  if (name !== 'CreateReplyLostError') return wholeWaitSeconds(seconds);
  return Math.min(boundOf('longestCreateWait'), Math.max(1, Math.ceil(seconds)));
}

/** True for an error that time alone may cure. */
export function isTransient(error: unknown): error is TransferError {
  if (!isTransferError(error)) return false;
  return error.disposition === 'retry' && error.name !== 'TableUnavailableError';
}
