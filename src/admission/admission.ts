import { TransferError } from '#src/core/errors/transfer-error.ts';
import { isWindowOpen } from '#src/core/queue/transfer-window.ts';
import type { Needs } from '#src/step-support/step.ts';

/** Why a transfer may not send now. */
export type WaitReason =
  | 'transfers are paused'
  | 'the transfer window is closed'
  | 'no slot is free'
  | 'other transfers are ahead';

/** Why a transfer is in the queue, as in its output. */
export type QueueReason = WaitReason | 'the execution has no room for another round';

/**
 * Returns why no transfer may start now, or undefined.
 * @param isUnderWay - whether the transfer already sends. By default it may complete
 * @throws TableUnavailableError
 */
export async function findHoldReason(
  { queue, settings, clock }: Needs<'queue' | 'settings'>,
  isUnderWay = false,
): Promise<WaitReason | undefined> {
  const { transferWindow } = settings;
  const isOpen = isWindowOpen(transferWindow, clock.now());
  if (!isOpen && (!isUnderWay || transferWindow?.underWay === 'stop'))
    return 'the transfer window is closed';
  const pause = await queue.pause();
  if (pause && (!isUnderWay || pause.underWay === 'stop')) return 'transfers are paused';
  return undefined;
}

/**
 * Ends a send at the next chunk if a pause or the window stops active transfers. They continue from the
 * queue.
 * @throws TransferPausedError
 */
export async function ensureAdmitted(ports: Needs<'queue' | 'settings'>): Promise<void> {
  const reason = await findHoldReason(ports, true);
  if (reason) throw new TransferError('TransferPausedError', `Sending stopped: ${reason}`);
}
