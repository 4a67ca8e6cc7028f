import * as z from 'zod/mini';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { type Failure, readCauseMessage, readFailure, toOneLine } from '#src/outcome/failure.ts';
import type { RecordOutcomeResult } from '#src/outcome/outcome.ts';
import type { CaughtError } from '#src/step-support/state.ts';

/**
 * A preflight's execution that did not succeed, as Step Functions describes it in the cause of the state
 * that started it. An aborted execution has no error.
 */
const endedPreflightSchema = z.object({
  ExecutionArn: z.string(),
  Status: z.string(),
  Error: z.optional(z.string()),
  Cause: z._default(z.string(), ''),
});

/**
 * Fails an execution that was asked for a preflight, with the error of the preflight. Writes no row and
 * publishes no event: no transfer was started.
 */
export function failPreflight(caught: CaughtError): RecordOutcomeResult {
  const failure = preflightFailure(caught.Cause) ?? readFailure(caught);
  return { next: 'fail', output: { status: 'preflight', ...failure }, ...failure };
}

/** Returns how the preflight failed, or undefined if it did not run. Its cause names its next step. */
function preflightFailure(cause: string): Failure | undefined {
  const ended = readEnded(cause);
  if (!ended) return undefined;
  const { Error: name, Cause, ExecutionArn, Status } = ended;
  if (name) return { error: name, cause: toOneLine(readCauseMessage(Cause)) };
  const error: ErrorName = 'PreflightFailedError';
  return readFailure({ Error: error, Cause: `The preflight ${ExecutionArn} ended as ${Status}` });
}

function readEnded(cause: string): z.infer<typeof endedPreflightSchema> | undefined {
  try {
    return endedPreflightSchema.safeParse(JSON.parse(cause)).data;
  } catch {
    return undefined;
  }
}
