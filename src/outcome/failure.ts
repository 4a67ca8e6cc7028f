import * as z from 'zod/mini';
import { nextStepOf } from '#src/core/errors/error-lookup.ts';
import type { CaughtError } from '#src/step-support/state.ts';
import { describeStepFailure } from '#src/step-support/step-failure.ts';

/** The contents of a Fail state: an error name, and one line with what happened and what to do. */
export interface Failure {
  readonly error: string;
  readonly cause: string;
}

const maxCauseLength = 1000;

/**
 * Reads the error that a Catch stored. Lambda's cause is JSON text with `errorType`, `errorMessage` and a
 * trace. The cause of Step Functions itself is plain text.
 */
export function readFailure({
  Error: name,
  Cause,
  step,
}: {
  readonly Error: string;
  readonly Cause: string;
  /** The step that failed. The cause begins with its name. */
  readonly step?: string;
}): Failure {
  const nextStep = nextStepOf(name, 'stack');
  const message = readCauseMessage(Cause);
  const what = step === undefined ? message : describeStepFailure(step, message);
  return { error: name, cause: [toSentence(what), nextStep].filter(Boolean).join(' ') };
}

/** Returns external text as one line of bounded length that ends with a full stop. */
export function toSentence(text: string): string {
  return withFullStop(toOneLine(text).slice(0, maxCauseLength).toWellFormed());
}

/** Returns the message in a cause that Lambda wrote as JSON, otherwise the cause itself. */
export function readCauseMessage(cause: string): string {
  return parseMessage(cause) ?? cause;
}

const errorsSchema = z.record(
  z.string(),
  z.object({ Error: z.string(), Cause: z._default(z.string(), '') }),
);

/**
 * Returns the errors in the cause of an execution whose outcome could not be recorded: that of the step that
 * failed, if one did, then that of RecordOutcome. Empty for any other cause.
 */
export function readUnrecordedErrors(cause: string): CaughtError[] {
  const start = cause.indexOf('{');
  if (start <= 0) return [];
  try {
    const errors = errorsSchema.safeParse(JSON.parse(cause.slice(start))).data ?? {};
    return Object.entries(errors).map(([step, error]) => ({ ...error, step }));
  } catch {
    return [];
  }
}

function parseMessage(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('errorMessage' in parsed)) return;
    return String(parsed.errorMessage);
  } catch {
    return undefined;
  }
}

/** Returns a sentence for each error: the step that failed, the error's name and its message. */
export function describeErrors(errors: readonly CaughtError[]): string {
  const sentences = errors.map(({ step = '', Error: name, Cause }) =>
    toSentence(describeStepFailure(step, `${name}: ${readCauseMessage(Cause)}`)),
  );
  return sentences.join(' ');
}

/** Returns external text without line breaks, control characters and direction marks. */
export function toOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\s]+/gu, ' ').trim();
}

function withFullStop(sentence: string): string {
  return sentence === '' || /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
