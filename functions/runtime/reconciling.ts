import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { asTransferError, TransferError } from '#src/core/errors/errors.ts';
import { deadlineMarginMs } from '#src/core/limits/limits.ts';
import type { PreflightPorts } from '#src/preflight/checks.ts';
import { type Checked, preflight } from '#src/preflight/preflight.ts';
import type { ServiceCall } from '#src/reconciler/reconciler-ports.ts';
import type { CommonPorts } from '#src/transfer/step.ts';
import { clock } from './clock.ts';
import { forget } from './given.ts';
import { log } from './log.ts';
import { flushMeter, meter } from './meter.ts';
import { random } from './random.ts';
import { traced } from './tracer.ts';

/** As the state machine calls it to try its permissions; no event of AWS's own has a state. */
const preflightSchema = z.object({
  state: z.object({ preflight: z.literal(true) }),
  executionId: z.string(),
});

/**
 * Creates the Lambda handler of the reconciler or the dispatcher, which gets its ports and its time. Only
 * named errors leave it. Unlike a step, it is called with an event and belongs to no execution. A
 * preflight's call is answered with what it can reach, and changes nothing.
 */
export function reconciling<P extends Omit<PreflightPorts, keyof CommonPorts>, O>(
  step: string,
  run: (ports: P & CommonPorts, event: unknown, call: ServiceCall) => Promise<O>,
  ports: () => P,
) {
  return async (event: unknown, context: Context): Promise<O | Checked> => {
    const asked = preflightSchema.safeParse(event);
    // It looks at what is there now: a key that was cached would hide that the secret is wrong.
    if (asked.success) forget();
    const keys = { step };
    const { call, close } = openCall(context);
    const common = { clock: clock(), random: random(), log: log(keys, context), meter: meter() };
    try {
      const given = { ...common, ...ports() };
      return await traced<O | Checked>(keys, () =>
        asked.success
          ? preflight(step, given, { ...call, ...asked.data, executionStartedAt: clock().now() })
          : run(given, event, call),
      );
    } catch (error) {
      const { name, message, nextStep } = asTransferError(error);
      common.log.error('reconciling failed', { error: name, reason: message, nextStep });
      throw asTransferError(error);
    } finally {
      close();
      flushMeter();
    }
  };
}

/** The call's time ends a little before Lambda's, so that a run ends by itself and says what failed. */
function openCall(context: Context): { call: ServiceCall; close: () => void } {
  const left = context.getRemainingTimeInMillis();
  const lengthMs = left - Math.min(deadlineMarginMs, left / 4);
  const controller = new AbortController();
  const timeUp = new TransferError(
    'RequestTimeoutError',
    `${context.functionName}: the function's time is up`,
  );
  const close = clock().after(lengthMs, () => controller.abort(timeUp));
  const deadline = clock().now() + lengthMs;
  const { signal } = controller;
  return { call: { invocationId: context.awsRequestId, deadline, lengthMs, signal }, close };
}
