import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxRateWaitMs } from '#src/core/limits/limits.ts';
import type { Clock, Random } from '#src/core/ports/clock.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import { type CallBudget, sliceOf, type TakeCall } from '#src/core/rates/call-budget.ts';

interface BudgetPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Called at the first call only, so a function without a budget needs no table. */
  readonly store: () => Pick<QueueStore, 'reserveCalls'>;
}

/**
 * Returns the reservation of calls. Each call is one conditional write: functions that start at the same time
 * cannot use a call twice, as they could with rates of their own.
 */
export function createCallBudgets({ clock, random, store }: BudgetPorts): TakeCall {
  return async (budget, signal) => {
    const slice = sliceOf(budget);
    const beganAt = clock.now();
    for (;;) {
      const number = Math.floor(clock.now() / slice.ms);
      if (await store().reserveCalls(budget.group, number, slice.calls)) return;
      // Callers that wait for the same slice do not return together.
      const ms = (number + 1) * slice.ms - clock.now() + (random() * slice.ms) / 10;
      if (clock.now() - beganAt + ms > maxRateWaitMs) throw budgetUsedUpError(budget, ms);
      await clock.sleep(Math.max(1, ms), signal);
    }
  };
}

function budgetUsedUpError({ calls, windowMs }: CallBudget, ms: number): TransferError {
  const message = `Call to the service postponed: its budget of ${calls} calls in ${windowMs / 1000} seconds is in use.`;
  const retryAfterSeconds = ms / 1000;
  const options = { retryAfterSeconds, isCallPostponed: true, origin: 'service' } as const;
  return new TransferError('ThrottledError', message, options);
}
