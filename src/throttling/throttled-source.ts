import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { observeBytes } from '#src/core/source/observed-bytes.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { CallLimiter, CallLimits } from './call-limiter.ts';

/** Every member of the port. A new method does not compile until it is limited here. */
type EveryMember = { readonly [K in keyof Required<SourceReader>]: SourceReader[K] };

/** Limits the calls of a source reader as `source`. */
export function createThrottledSource(reader: SourceReader, limiter: CallLimiter): SourceReader {
  const members: EveryMember = {
    // InspectSource has no permission on the table, and makes two calls only.
    inspect: async (reference, options) => {
      await takeSource(limiter.local);
      return reader.inspect(reference, options).catch(learnedBy(limiter.local));
    },
    confirmReadable: async (source, signal) => {
      await takeSource(limiter.local, signal);
      return reader.confirmReadable(source, signal).catch(learnedBy(limiter.local));
    },
    read: (source, range, signal) =>
      observeBytes(reader.read(source, range, signal), {
        before: () => takeSource(limiter, signal),
        failed: (error) => limiter.learn(error),
      }),
  };
  return members;
}

/** Waits for the limits. Throws a postponed call as `SourceUnavailableError`, as the port requires. */
async function takeSource(limits: CallLimits, signal?: AbortSignal): Promise<void> {
  try {
    await limits.take('source', signal);
  } catch (error) {
    if (!errorMeans(error, 'throttled')) throw error;
    const { message, retryAfterSeconds, isCallPostponed, origin } = error;
    const options = { cause: error, retryAfterSeconds, isCallPostponed, origin };
    throw new TransferError('SourceUnavailableError', message, options);
  }
}

function learnedBy(limits: CallLimits) {
  return async (error: unknown): Promise<never> => {
    await limits.learn(error);
    throw error;
  };
}
