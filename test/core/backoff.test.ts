import { describe, expect, it } from 'vitest';
import { throttledWaitSeconds } from '#src/core/backoff.ts';
import { maxSendCallsPerRange, maxWaitSeconds } from '#src/core/limits.ts';

describe('the wait after a 429', () => {
  it('is never shorter than the service asked', () => {
    for (const polls of [0, 3, 50])
      expect(throttledWaitSeconds(polls, 90)).toBeGreaterThanOrEqual(90);
  });

  it('grows where the service asks for a moment again and again', () => {
    const waits = [0, 5, 10, 20].map((polls) => throttledWaitSeconds(polls, 1));
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(maxWaitSeconds);
  });

  it('lets a range outlast four hours of it', () => {
    const calls = Array.from({ length: maxSendCallsPerRange }, (_, call) => call);
    const seconds = calls.reduce((sum, call) => sum + throttledWaitSeconds(call, 1), 0);
    expect(seconds).toBeGreaterThan(4 * 3600);
  });

  it('is whole seconds, as a Wait state takes them, and bounded', () => {
    expect(throttledWaitSeconds(0, 2.1)).toBe(3);
    expect(throttledWaitSeconds(0, 86_400)).toBe(maxWaitSeconds);
  });
});
