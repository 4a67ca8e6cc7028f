import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { asTransferError, TransferError } from '#src/core/errors.ts';
import { deadlineMarginMs } from '#src/core/limits.ts';
import type { CommonPorts, Invocation } from '#src/steps/step.ts';
import { clock } from './clock.ts';
import { log } from './log.ts';
import { random } from './random.ts';

const payloadSchema = z.object({
  state: z.unknown(),
  executionId: z.string(),
  startedAt: z.optional(z.string()),
  input: z.optional(z.unknown()),
});

type Payload = z.infer<typeof payloadSchema>;

/**
 * Makes a step into a Lambda handler: reads the payload, gives the step its ports and its time, and
 * lets nothing but a named error out, which Lambda reports to the state machine by that name.
 */
export function doorway<P, O>(
  step: string,
  run: (ports: P & CommonPorts, state: unknown, invocation: Invocation) => Promise<O>,
  ports: () => P,
) {
  return async (event: unknown, context: Context): Promise<O> => {
    const { invocation, close } = openInvocation(readPayload(event), context);
    const common = { clock: clock(), random: random(), log: log(step, context) };
    try {
      return await run({ ...common, ...ports() }, (event as Payload).state, invocation);
    } catch (error) {
      const named = asTransferError(error);
      common.log.error('step failed', { error: named.name, reason: named.message });
      throw named;
    } finally {
      close();
    }
  };
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
