import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Invocation } from '#src/step-support/step.ts';
import type { ManualClock } from './clock.ts';

let calls = 0;

/**
 * Returns one call of a step: its time, deadline and signal, as a deployed handler creates them. Default
 * length: 14 minutes. Call `close` after the step.
 */
export function invocationOf(
  { clock }: { readonly clock: ManualClock },
  fields: Partial<Invocation> = {},
): Invocation & { close(): void } {
  const lengthMs = fields.lengthMs ?? 840_000;
  const controller = new AbortController();
  const close = clock.after(lengthMs, () => {
    controller.abort(new TransferError('RequestTimeoutError', "the function's time is up"));
  });
  return {
    executionId: 'execution-a',
    executionStartedAt: clock.now(),
    invocationId: `call-${Math.round(clock.now())}-${++calls}`,
    deadline: clock.now() + lengthMs,
    lengthMs,
    signal: controller.signal,
    close,
    ...fields,
  };
}
