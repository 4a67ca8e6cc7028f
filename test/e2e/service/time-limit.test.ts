import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '#src/config/environment.ts';
import { type FastWorld, openFastWorld, withTimeLimit } from '../../harness/fast-wire-harness.ts';
import { expectReady, inputOf } from '../../harness/wire-harness.ts';

let world: FastWorld;
beforeAll(async () => {
  world = await openFastWorld({ environment: { NO_PROGRESS_MS: '20000' } });
});
afterEach(() => world.reset());
afterAll(() => world.close());

/** 60 s, of which 55 s are for work. */
const shortSends = () => withTimeLimit(world, 'SendChunks', 60);

describe('a send that nears its time limit', () => {
  it('starts no chunk that might not end in time, and is called again for the rest', async () => {
    const film = world.put(12);
    world.service.faults.add({ on: 'put', kind: 'delay', ms: 18_000, times: 12 });
    const result = await world.run(inputOf(film), shortSends());
    const output = await expectReady(world, film, result);
    expect(result.entered.SendChunks).toBeLessThanOrEqual(4);
    expect(result.entered.SendRanges).toBe(1);
    expect(world.s3.chunkReads()).toBe(12);
    expect(world.service.calls.counts()).toMatchObject({ presign: 1, put: 12, report: 1 });
    expect(output.retries).toEqual({});
  });

  it('gives up a chunk that is still under way at its end, and only that goes again', async () => {
    const film = world.put(4);
    world.give({ settings: { ...readSettings(process.env), noProgressMs: 300_000 } });
    world.service.faults.add({ on: 'put', chunk: 3, kind: 'stall' });
    const result = await world.run(inputOf(film), shortSends());
    await expectReady(world, film, result);
    expect(world.service.calls.count('put')).toBe(5);
    expect(world.service.calls.count('put', { chunkIndex: 3 })).toBe(2);
    expect(world.service.calls.count('create')).toBe(1);
  });

  it('is over before Lambda would end it, though the service never answers', async () => {
    const film = world.put(2);
    world.service.faults.add({ on: 'presign', kind: 'stall', times: 2 });
    const errors: unknown[] = [];
    const result = await world.run(inputOf(film), {
      ...shortSends(),
      onInvocation: ({ error }) => void (error && errors.push(error)),
    });
    await expectReady(world, film, result);
    expect(errors).toEqual([]);
    expect(world.service.calls.count('put')).toBe(2);
  });
});

describe('a chunk that moves no byte for too long', () => {
  it.each([
    ['at the service, from its first byte', { kind: 'stall' }],
    ['at the service, from somewhere in its middle', { kind: 'stall', afterBytes: 3_000 }],
  ] as const)('is sent again on a new URL: %s', async (_where, fault) => {
    const film = world.put(6);
    world.service.faults.add({ on: 'put', chunk: 2, ...fault });
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.count('put')).toBe(7);
    expect(output.retries).toEqual({ RequestTimeoutError: 1 });
  });

  it('is not given up while it moves, however slow it is', async () => {
    const film = world.put(6);
    world.service.faults.add({ on: 'put', kind: 'delay', ms: 15_000, times: 6 });
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.count('put')).toBe(6);
    expect(output.retries).toEqual({});
  });
});

describe('presigned URLs', () => {
  it('that live shorter than our margin are each fetched just before their use', async () => {
    const film = world.put(6);
    world.service.switches.urlLifetimeMs = 30_000;
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.counts()).toMatchObject({ put: 6, presign: 7 });
    expect(output.retries).toEqual({});
  });

  it('that expire while their range is sent are fetched anew', async () => {
    const film = world.put(12);
    world.service.switches.urlLifetimeMs = 100_000;
    world.service.faults.add({ on: 'put', kind: 'delay', ms: 18_000, times: 12 });
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.count('put', { status: 200 })).toBe(12);
    expect(world.service.calls.count('put')).toBe(12);
    expect(output.retries).toEqual({});
  });
});
