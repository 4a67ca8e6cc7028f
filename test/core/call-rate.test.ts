import { describe, expect, it } from 'vitest';
import {
  type CallRate,
  callsPerSecond,
  canLower,
  lowerRate,
  recoveryMs,
  slowerOf,
} from '#src/core/rates/call-rate.ts';

const unlimited = Number.POSITIVE_INFINITY;
const at = 1_000_000;
const rate = (perSecond: number, ceiling = perSecond): CallRate => ({
  perSecond,
  ceiling,
  loweredAt: at,
});

describe('the rate of one kind of call', () => {
  it('is unlimited until a reply is throttled', () => {
    expect(callsPerSecond(undefined, at)).toBe(unlimited);
  });

  it.each([
    ['noise leaves 70 % of the calls that were made', 20, 0.08, 14, 20],
    ['half throttled starts from the calls that were accepted', 20, 0.6, 7, 10],
    ['a closed door leaves the slowest rate', 300, 1, 1, 1],
    ['a process that hardly calls keeps the slowest rate', 0.5, 0, 1, 1],
  ])('%s', (_what, perSecond, throttledShare, lowered, ceiling) => {
    const after = lowerRate(undefined, { perSecond, throttledShare }, at);
    expect(after.perSecond).toBeCloseTo(lowered);
    expect(after.ceiling).toBeCloseTo(ceiling);
  });

  it('starts from the allowed rate if the process made more calls before', () => {
    const lowered = lowerRate(rate(10), { perSecond: 400, throttledShare: 0 }, at + 1000);
    expect(lowered.ceiling).toBeLessThan(11);
  });

  it('is lowered at most once a second', () => {
    expect([0, 999, 1000].map((ms) => canLower(rate(5), at + ms))).toEqual([false, false, true]);
  });

  it('returns to its ceiling in seconds, then grows slowly, then faster', () => {
    const seconds = [0, 1, 2, 3, 4, 6];
    const rates = seconds.map((s) => callsPerSecond(rate(7, 10), at + s * 1000));
    expect(rates.map((one) => Math.round(one))).toEqual([7, 10, 10, 10, 13, 22]);
  });

  it.each([
    [1, 5, 4],
    [1, 20, 11],
    [100, 130, 10],
    [1000, 1500, 20],
  ])('from %d calls per second reaches %d within %d seconds', (from, to, seconds) => {
    expect(callsPerSecond(rate(from * 0.7, from), at + seconds * 1000)).toBeGreaterThan(to);
  });

  it('is no longer a limit after a minute without a throttled reply', () => {
    expect(callsPerSecond(rate(1), at + recoveryMs - 1)).toBeLessThan(unlimited);
    expect(callsPerSecond(rate(1), at + recoveryMs)).toBe(unlimited);
  });

  it('is replaced only by a slower rate', () => {
    expect(slowerOf(rate(5), rate(3), at)).toEqual(rate(3));
    expect(slowerOf(rate(3), rate(5), at)).toEqual(rate(3));
    expect(slowerOf(undefined, rate(3), at + recoveryMs)).toBeUndefined();
  });
});
