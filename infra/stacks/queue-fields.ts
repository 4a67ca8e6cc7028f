import { z } from 'zod';
import { maxMapConcurrency, maxSlots } from '#src/core/limits/limits.ts';
import { stopModes } from '#src/core/queue/queue.ts';
import { type TransferWindow, windowFlaw } from '#src/core/queue/transfer-window.ts';
import { invalidAt, oneOf, text } from '../configuration/fields.ts';
import { throwConfigurationError } from '../configuration/invalid.ts';

/** The most calls of the sending function that can run: each slot with a full Map. */
export const maxSends = maxSlots * maxMapConcurrency;

/** Zero asks for a pause, which needs no deployment. */
export function maxActiveTransfers() {
  const bounds = `whole number from 1 to ${maxSlots}`;
  const must = `must be a ${bounds}`;
  const pause = `${must}. To stop transfers, pause them: invoke the function in the output DispatcherName with {"command":"pause"}`;
  return z
    .number(must)
    .int(must)
    .max(maxSlots, must)
    .min(1, { error: ({ input }) => (input === 0 ? pause : must) })
    .meta({ type: bounds });
}

/** The fields of a transfer window. */
export const windowFields = {
  from: text().meta({ description: 'When the window opens, such as `22:00`.' }),
  to: text().meta({
    description: 'When it closes, such as `06:00`. A window may go past midnight.',
  }),
  timeZone: text().meta({
    description: 'An IANA name such as `Europe/Berlin`. Summer time is observed.',
  }),
  underWay: oneOf(stopModes).optional().meta({
    description:
      'What active transfers do when it closes: complete, or stop at the next chunk and wait in the queue.',
    default: '`finish`',
  }),
};

/** @throws ConfigurationError - a time of day or the time zone is invalid, or the window is empty */
export function assertWindow(window: TransferWindow | undefined): void {
  const flaw = window && windowFlaw(window);
  if (flaw) throwConfigurationError(`Invalid transferWindow.${flaw}`);
}

interface QueueBounds {
  readonly maxActiveTransfers: number;
  readonly maxSendConcurrency: number;
  readonly sendReservedConcurrency?: number | undefined;
}

/** Each active transfer needs at least one call, and the reserved executions bound all calls. */
export function checkQueue({ value, issues }: z.core.ParsePayload<QueueBounds>): void {
  const { maxActiveTransfers: active, maxSendConcurrency, sendReservedConcurrency } = value;
  if (active > maxSendConcurrency) {
    const must = `must not be above maxSendConcurrency, which is ${maxSendConcurrency}. Each active transfer needs at least one call of the sending function`;
    issues.push(invalidAt(['maxActiveTransfers'], active, must));
  }
  if (sendReservedConcurrency === undefined || sendReservedConcurrency >= maxSendConcurrency)
    return;
  const must = `must be at least maxSendConcurrency, which is ${maxSendConcurrency}`;
  issues.push(invalidAt(['sendReservedConcurrency'], sendReservedConcurrency, must));
}
