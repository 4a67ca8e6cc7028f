import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import type { ServiceCall } from '#src/background-work/work-through.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { deadlineMarginMs } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';

const payloadSchema = z.object({
  state: z.unknown(),
  executionId: z.string(),
  startedAt: z.optional(z.string()),
  input: z.optional(z.unknown()),
  /** Set by the preflight's state machine only. An execution's input is in `state`. */
  preflight: z.optional(z.literal(true)),
});

export type StepPayload = z.infer<typeof payloadSchema>;

/**
 * Reads what the state machine passes to a step.
 * @throws InvalidInputError
 */
export function readStepPayload(event: unknown): StepPayload {
  const parsed = payloadSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new TransferError(
    'InvalidInputError',
    'Invalid payload: "state" and "executionId" are required. Start the state machine, not its functions.',
  );
}

/** A preflight's call of a function that belongs to no execution. No event of AWS has these fields. */
const preflightCallSchema = z.object({ preflight: z.literal(true), executionId: z.string() });

/** Returns the execution of the preflight that calls, or undefined for any other event. */
export function preflightExecution(event: unknown): string | undefined {
  const parsed = preflightCallSchema.safeParse(event);
  return parsed.success ? parsed.data.executionId : undefined;
}

/** Starts the time of a call. It ends before Lambda's, so the function can still write its results. */
export function startCall(clock: Clock, context: Context): { call: ServiceCall; end: () => void } {
  const remainingMs = context.getRemainingTimeInMillis();
  const lengthMs = remainingMs - Math.min(deadlineMarginMs, remainingMs / 4);
  const controller = new AbortController();
  const timeIsUp = new TransferError(
    'RequestTimeoutError',
    `${context.functionName}: the function's time is up`,
  );
  const end = clock.after(lengthMs, () => controller.abort(timeIsUp));
  const deadline = clock.now() + lengthMs;
  const { signal } = controller;
  return { call: { invocationId: context.awsRequestId, deadline, lengthMs, signal }, end };
}
