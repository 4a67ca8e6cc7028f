import { nextStepOf } from '#src/core/errors/errors.ts';

/** What a Fail state says: a name, and one line that tells what happened and what to do. */
export interface Failure {
  readonly error: string;
  readonly cause: string;
}

const maxCauseLength = 1000;

/**
 * Reads what a Catch left. Lambda's cause is JSON text with `errorType`, `errorMessage` and a trace;
 * the platform's own is plain text.
 */
export function readFailure({
  Error: name,
  Cause,
}: {
  readonly Error: string;
  readonly Cause: string;
}): Failure {
  const nextStep = nextStepOf(name, 'stack');
  return {
    error: name,
    cause: [toSentence(readCauseMessage(Cause)), nextStep].filter(Boolean).join(' '),
  };
}

/** Text that others wrote as one line of bounded length that ends with a full stop. */
export function toSentence(text: string): string {
  return withStop(toOneLine(text).slice(0, maxCauseLength).toWellFormed());
}

/**
 * The message in a cause that Lambda wrote as JSON, else the cause as it is. The state machine may have
 * put a sentence behind the JSON, which is kept.
 */
export function readCauseMessage(cause: string): string {
  const message = messageIn(cause);
  if (message !== undefined) return message;
  const end = cause.lastIndexOf('} ') + 1;
  const head = messageIn(cause.slice(0, end));
  return head === undefined ? cause : withStop(head.trim()) + cause.slice(end);
}

function messageIn(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('errorMessage' in parsed)) return;
    return String(parsed.errorMessage);
  } catch {
    return undefined;
  }
}

/** Text that others wrote, without what would break or turn a line. */
export function toOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\s]+/gu, ' ').trim();
}

function withStop(sentence: string): string {
  return sentence === '' || /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
