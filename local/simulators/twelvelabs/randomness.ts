import { randomInt } from 'node:crypto';
import type { Random } from '#src/core/ports/clock.ts';

/**
 * Numbers from 0 up to, not including, 1; the same for the same seed, and others each time without
 * one, so that the ids of two runs never meet in a table that outlives them. (mulberry32)
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

/** So many hexadecimal digits; 24 make an id of the service's form. */
export function hexDigits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
}
