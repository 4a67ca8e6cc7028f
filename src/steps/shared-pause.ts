import type { Destination } from '#src/core/destination.ts';
import { isTransferError, TransferError } from '#src/core/errors.ts';
import { defaultPauseSeconds, maxWaitSeconds } from '#src/core/limits.ts';
import type { Needs } from './step.ts';

type PausePorts = Needs<'turns'>;

/** Who has sat the pause out is not sent away again for having come a moment early. */
const slackMs = 1_000;

/**
 * The destination with one pause for all: when it answers one call with 429, every step of every
 * transfer stays away until the time it named has passed. To the engine a pause is that same
 * `ThrottledError`, with the seconds that are left and a little more, so that not all come back at once.
 * A table that can't be asked holds nothing up.
 */
export function withSharedPause(
  destination: Destination,
  ports: () => Pick<PausePorts, 'turns' | 'clock' | 'random'>,
): Destination {
  let known = 0;
  const obey = async () => {
    const { turns, clock, random } = ports();
    if (known <= clock.now()) known = await orElse(turns.pausedUntil(), 0);
    const leftMs = known - clock.now();
    if (leftMs < slackMs) return;
    const seconds = (leftMs / 1000) * (1 + random() / 4);
    const message = 'the service has asked all callers to stay away for a while';
    throw new TransferError('ThrottledError', message, {
      retryAfterSeconds: seconds,
      isPause: true,
    });
  };
  const heed = async (error: unknown): Promise<never> => {
    if (!isTransferError(error, 'ThrottledError')) throw error;
    const { turns, clock } = ports();
    const seconds = error.retryAfterSeconds ?? defaultPauseSeconds;
    known = clock.now() + Math.ceil(Math.min(maxWaitSeconds, seconds) * 1000);
    await orElse(turns.notePause(known), undefined);
    const told = { cause: error, status: error.status, retryAfterSeconds: seconds };
    throw new TransferError('ThrottledError', error.message, told);
  };
  const paused = async <T>(call: () => Promise<T>): Promise<T> => {
    await obey();
    return call().catch(heed);
  };
  const to = destination;
  const { listUnfinished } = to;
  return {
    ...to,
    ...(listUnfinished && { listUnfinished: (given) => paused(() => listUnfinished(given)) }),
    openSession: (...given) => paused(() => to.openSession(...given)),
    prepareChunks: (...given) => paused(() => to.prepareChunks(...given)),
    // Its bytes go to an upload host; only what it may ask of the service beside can be throttled.
    sendChunk: (...given) => to.sendChunk(...given).catch(heed),
    reportProofs: (...given) => paused(() => to.reportProofs(...given)),
    finish: (...given) => paused(() => to.finish(...given)),
    sessionStatus: (...given) => paused(() => to.sessionStatus(...given)),
    chunkStates: (...given) => paused(() => to.chunkStates(...given)),
    assetStatus: (...given) => paused(() => to.assetStatus(...given)),
  };
}

async function orElse<T>(promise: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (isTransferError(error)) return otherwise;
    throw error;
  }
}
