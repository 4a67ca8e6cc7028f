import { randomInt } from 'node:crypto';
import type { Random } from '#src/core/ports/clock.ts';

/**
 * Returns a generator of numbers in [0, 1) (mulberry32). The same seed gives the same numbers. The
 * default seed is random: the ids of two runs must not collide in a table that both use.
 */
export function seededRandom(seed: number = randomInt(2 ** 32)): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns `count` hexadecimal digits. An id of the service has 24. */
export function hexDigits(random: Random, count: number): string {
  let digits = '';
  while (digits.length < count) digits += Math.floor(random() * 16).toString(16);
  return digits;
}
