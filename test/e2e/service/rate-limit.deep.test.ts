import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

describe('a service with a low rate limit', () => {
  it.each([
    ['with Retry-After', { retryAfter: true, headers: true }],
    ['with X-Ratelimit-Reset only', { retryAfter: false, headers: true }],
    ['without a time', { retryAfter: false, headers: false }],
  ])('%s receives every chunk once', async (_what, headers) => {
    const film = harness.put(150);
    harness.service.switches.rateLimit = { calls: 3, windowMs: 10_000, ...headers };
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.counts()).toMatchObject({ put: 150 });
    expect(harness.service.calls.count('create', { status: 201 })).toBe(1);
    expect(output.retries).toHaveProperty('ThrottledError');
  });
});
