import { setTimeout as pause } from 'node:timers/promises';

const pollEveryMs = 250;

/**
 * Polls until `find` returns a value, and returns it.
 * @param what - the awaited event, for the error message
 * @throws Error - no value after this many seconds
 */
export async function waitFor<Found>(
  what: string,
  seconds: number,
  find: () => Promise<Found | undefined>,
): Promise<Found> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`Timed out after ${seconds} s: waiting for ${what}`);
    await pause(pollEveryMs);
  }
}

/** @throws Error - the work takes longer than this many seconds. The work continues, and its result is ignored */
export async function within<Result>(seconds: number, work: Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const late = pause(seconds * 1000, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`Timed out after ${seconds} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}
