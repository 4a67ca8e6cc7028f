import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
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

describe('what never gets better', () => {
  it('one chunk whose ETag mismatches every time, ends the execution by name', async () => {
    const film = harness.put(8);
    harness.service.switches.wrongEtagChunks = [5];
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'ChunkCorruptError' });
    expect(harness.service.calls.count('put', { chunkIndex: 5 })).toBe(boundOf('mismatchedSends'));
    expect(harness.service.calls.count('put')).toBe(7 + boundOf('mismatchedSends'));
    expect(harness.events(film.key).map(({ type }) => type)).toEqual(['Transfer Failed']);
    harness.service.switches.wrongEtagChunks = [];
  });

  it('goes on from the chunks already kept when it is started again', async () => {
    const film = harness.put(8);
    harness.service.switches.wrongEtagChunks = [5];
    await harness.run(inputOf(film));
    harness.service.switches.wrongEtagChunks = [];
    harness.service.calls.clear();
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put')).toBe(1);
    expect(harness.service.calls.count('create')).toBe(0);
  });

  it('a service that asks to wait for a long time is waited for', async () => {
    const film = harness.put(3);
    harness.service.faults.add({ on: 'create', times: 12, kind: 'throttle', retryAfter: 120 });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.retries).toEqual({ ThrottledError: 12 });
    expect(Number(output.secondsToReady)).toBeGreaterThan(12 * 120);
  });
});
