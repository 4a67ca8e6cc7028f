import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 250;

/**
 * Looks again and again until there is something, and gives it.
 * @throws Error - nothing after so many seconds; the message says what was waited for
 */
export async function waitFor<Found>(
  what: string,
  seconds: number,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await pause(lookEveryMs);
  }
}

/** @throws Error - the work has not settled after so many seconds; it goes on, unheard */
export async function within<Result>(seconds: number, work: Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const late = pause(seconds * 1000, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`took longer than ${seconds} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}
