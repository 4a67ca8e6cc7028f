import { nextStepOf } from '#src/core/errors.ts';

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
  return { error: name, cause: [sentenceOf(messageOf(Cause)), nextStep].filter(Boolean).join(' ') };
}

/** Text that others wrote as one line of bounded length that ends with a full stop. */
export function sentenceOf(text: string): string {
  return withStop(oneLine(text).slice(0, maxCauseLength).toWellFormed());
}

/** The message in a cause that Lambda wrote as JSON, else the cause as it is. */
export function messageOf(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) {
      return String(parsed.errorMessage);
    }
  } catch {
    return cause;
  }
  return cause;
}

/** Text that others wrote, without what would break or turn a line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\s]+/gu, ' ').trim();
}

function withStop(sentence: string): string {
  return sentence === '' || /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
