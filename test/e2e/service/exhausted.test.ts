import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness({ timeFactor: 300, environment: { NO_PROGRESS_MS: '300000' } });
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

describe('a fault that never ends', () => {
  it('fails by name if the ETag of one chunk never matches', async () => {
    const film = harness.put(8);
    harness.service.switches.wrongEtagChunks = [5];
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'ChunkCorruptError' });
    expect(harness.service.calls.count('put', { chunkIndex: 5 })).toBe(boundOf('mismatchedSends'));
    expect(harness.service.calls.count('put')).toBe(7 + boundOf('mismatchedSends'));
    expect(harness.events(film.key).map(({ type }) => type)).toEqual(['Transfer Failed']);
    harness.service.switches.wrongEtagChunks = [];
  });

  it('continues from the stored chunks at the next start', async () => {
    const film = harness.put(8);
    harness.service.switches.wrongEtagChunks = [5];
    await harness.run(inputOf(film));
    harness.service.switches.wrongEtagChunks = [];
    harness.service.calls.clear();
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put')).toBe(1);
    expect(harness.service.calls.count('create')).toBe(0);
  });

  it('waits as long as the service asks', async () => {
    const film = harness.put(3);
    harness.service.faults.add({ on: 'create', times: 12, kind: 'throttle', retryAfter: 120 });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.retries).toEqual({ ThrottledError: 12 });
    expect(Number(output.secondsToReady)).toBeGreaterThan(12 * 120);
  });
});
