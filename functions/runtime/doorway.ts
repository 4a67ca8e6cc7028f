import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { asTransferError, TransferError } from '#src/core/errors/errors.ts';
import { deadlineMarginMs } from '#src/core/limits/limits.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { PreflightPorts } from '#src/preflight/checks.ts';
import { type Checked, concludePreflight, preflight } from '#src/preflight/preflight.ts';
import type { RecordAnswer } from '#src/steps/record-outcome/record-outcome.ts';
import type { CommonPorts, Invocation } from '#src/transfer/step.ts';
import { clock } from './clock.ts';
import { forget } from './given.ts';
import { log, subjectIn } from './log.ts';
import { flushMeter, meter } from './meter.ts';
import { random } from './random.ts';
import { traced } from './tracer.ts';

const payloadSchema = z.object({
  state: z.unknown(),
  executionId: z.string(),
  startedAt: z.optional(z.string()),
  input: z.optional(z.unknown()),
});

type Payload = z.infer<typeof payloadSchema>;

/**
 * Makes a step into a Lambda handler: reads the payload, gives the step its ports and its time, and
 * lets nothing but a named error out, which Lambda reports to the state machine by that name. What
 * was measured is written when the call ends, however it ends.
 */
export function doorway<P extends Omit<PreflightPorts, keyof CommonPorts>, O>(
  step: string,
  run: (ports: P & CommonPorts, state: unknown, invocation: Invocation) => Promise<O>,
  ports: () => P,
) {
  return async (event: unknown, context: Context): Promise<O | Checked | RecordAnswer> => {
    const payload = readPayload(event);
    // It looks at what is there now: a key that was cached would hide that the secret is wrong.
    if (isPreflight(payload.state)) forget();
    const keys = { step, ...subjectIn(payload) };
    const { invocation, close } = openInvocation(payload, context);
    const common = { clock: clock(), random: random(), log: log(keys, context), meter: meter() };
    try {
      const work = isPreflight(payload.state) ? preflightOf(step) : run;
      const given = { ...common, ...ports() };
      return await traced(keys, async () => work(given, payload.state, invocation));
    } catch (error) {
      throw logged(common.log, asTransferError(error));
    } finally {
      close();
      flushMeter();
    }
  };
}

function isPreflight(state: unknown): boolean {
  if (typeof state !== 'object' || state === null) return false;
  return 'preflight' in state && state.preflight === true;
}

/** The step's own part of a preflight; the last step draws the sum. */
function preflightOf(step: string) {
  return (ports: PreflightPorts, state: unknown, invocation: Invocation) =>
    step === 'RecordOutcome'
      ? concludePreflight(ports, state, invocation)
      : preflight(step, ports, invocation);
}

function logged(to: Log, error: TransferError): TransferError {
  const { name, message, nextStep } = error;
  to.error('step failed', { error: name, reason: message, nextStep });
  return error;
}

function readPayload(event: unknown): Payload {
  const parsed = payloadSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new TransferError(
    'InvalidInputError',
    'the payload is not one that the state machine sends: it needs state and executionId',
  );
}

/** The call's time ends a little before Lambda's, so that what is known can still be written. */
function openInvocation({ executionId, startedAt, input }: Payload, context: Context) {
  const now = clock().now();
  const left = context.getRemainingTimeInMillis();
  const lengthMs = left - Math.min(deadlineMarginMs, left / 4);
  const controller = new AbortController();
  const close = clock().after(lengthMs, () =>
    controller.abort(
      new TransferError(
        'RequestTimeoutError',
        `${context.functionName}: the function's time is up`,
      ),
    ),
  );
  const invocation: Invocation = {
    executionId,
    executionInput: input,
    executionStartedAt: startedAt ? Date.parse(startedAt) : now,
    invocationId: context.awsRequestId,
    deadline: now + lengthMs,
    lengthMs,
    signal: controller.signal,
  };
  return { invocation, close };
}
