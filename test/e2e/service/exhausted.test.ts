import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { expectReady, inputOf, openWorld, type World } from '../../harness/wire-harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld({ timeFactor: 300, environment: { NO_PROGRESS_MS: '300000' } });
});
beforeEach(() => world.reset());
afterAll(() => world.close());

describe('what never gets better', () => {
  it('one chunk whose ETag mismatches every time, ends the execution by name', async () => {
    const film = world.put(8);
    world.service.switches.wrongEtagChunks = [5];
    const result = await world.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'ChunkCorruptError' });
    expect(world.service.calls.count('put', { chunkIndex: 5 })).toBe(boundOf('mismatchedSends'));
    expect(world.service.calls.count('put')).toBe(7 + boundOf('mismatchedSends'));
    expect(world.events(film.key).map(({ type }) => type)).toEqual(['Transfer Failed']);
    world.service.switches.wrongEtagChunks = [];
  });

  it('goes on from the chunks already kept when it is started again', async () => {
    const film = world.put(8);
    world.service.switches.wrongEtagChunks = [5];
    await world.run(inputOf(film));
    world.service.switches.wrongEtagChunks = [];
    world.service.calls.clear();
    await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.count('put')).toBe(1);
    expect(world.service.calls.count('create')).toBe(0);
  });

  it('a service that asks to wait for a long time is waited for', async () => {
    const film = world.put(3);
    world.service.faults.add({ on: 'create', times: 12, kind: 'throttle', retryAfter: 120 });
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    expect(output.retries).toEqual({ ThrottledError: 12 });
    expect(Number(output.secondsToReady)).toBeGreaterThan(12 * 120);
  });
});
