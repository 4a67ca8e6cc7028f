import { checkWhole } from '#infra/bounds.ts';
import { refuse, refuseValue } from '#infra/refuse.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { maxMapConcurrency, maxSlots } from '#src/core/limits/limits.ts';
import { type TransferWindow, windowFlaw } from '#src/core/queue/transfer-window.ts';

/** The props that bound how many transfers and sends run at once, and when. */
interface QueueBounds {
  readonly maxActiveTransfers: number;
  readonly maxSendConcurrency: number;
  readonly sendReservedConcurrency?: number;
  readonly transferWindow?: TransferWindow;
}

/** Zero asks for a pause, which needs no deployment. */
function assertAboveZero(maxActiveTransfers: number | undefined): void {
  if (maxActiveTransfers !== 0) return;
  refuseValue(
    'maxActiveTransfers',
    maxActiveTransfers,
    `must be 1 to ${maxSlots}. To stop transfers, pause them: invoke the function that the output DispatcherName names with {"command":"pause"}`,
  );
}

/** @throws ConfigurationError - the window names no hours of a day, or no time zone */
function checkWindow(window: TransferWindow | undefined): void {
  const flaw = window && windowFlaw(window);
  if (flaw) throw new TransferError('ConfigurationError', `Invalid transferWindow.${flaw}`);
}

/** Each transfer under way sends with one call at least, and reserved calls bound them all. */
export function checkQueue(props: QueueBounds): void {
  const { maxActiveTransfers, maxSendConcurrency, sendReservedConcurrency } = props;
  checkWindow(props.transferWindow);
  assertAboveZero(maxActiveTransfers);
  checkWhole('maxActiveTransfers', maxActiveTransfers, 1, maxSlots);
  checkWhole('maxSendConcurrency', maxSendConcurrency, 1, maxSlots * maxMapConcurrency);
  if (maxActiveTransfers > maxSendConcurrency) {
    refuse(
      'Chunkferry',
      `maxActiveTransfers is ${maxActiveTransfers} and maxSendConcurrency ${maxSendConcurrency}; each transfer sends with one call at least, so at most ${maxSendConcurrency} is right`,
    );
  }
  checkWhole(
    'sendReservedConcurrency',
    sendReservedConcurrency,
    maxSendConcurrency,
    maxSlots * maxMapConcurrency,
  );
}
