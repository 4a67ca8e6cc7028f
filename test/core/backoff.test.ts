import { describe, expect, it } from 'vitest';
import {
  growingWaitSeconds,
  jitteredBackoffMs,
  wholeWaitSeconds,
} from '#src/core/errors/backoff.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';

describe('the wait between two calls of a step', () => {
  it('grows up to its bound', () => {
    const waits = [0, 5, 10, 20, 200].map(growingWaitSeconds);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(boundOf('longestWait'));
  });

  it('covers hours of outage with a few hundred waits', () => {
    let seconds = 0;
    let waits = 0;
    while (seconds < boundOf('patience')) seconds += growingWaitSeconds(waits++);
    expect(waits).toBeLessThan(100);
  });

  it('is a bounded number of whole seconds, as a Wait state requires', () => {
    expect(wholeWaitSeconds(2.1)).toBe(3);
    expect(wholeWaitSeconds(0)).toBe(1);
    expect(wholeWaitSeconds(86_400)).toBe(boundOf('longestWait'));
  });
});

it('the wait between two tries within a call has jitter and a bound', () => {
  expect(jitteredBackoffMs(1, () => 0)).toBe(0);
  expect(jitteredBackoffMs(50, () => 0.999)).toBeLessThan(boundOf('longestBackoff') * 1000);
});
