import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '#src/config/environment.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
  withTimeLimit,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness({ environment: { NO_PROGRESS_MS: '20000' } });
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

/** A limit of 60 s: 55 s for work. */
const shortSends = () => withTimeLimit(harness, 'SendChunks', 60);

describe('a send close to its time limit', () => {
  it('starts no chunk that may exceed it, and is called again for the remaining chunks', async () => {
    const film = harness.put(12);
    harness.service.faults.add({ on: 'put', kind: 'delay', ms: 18_000, times: 12 });
    const result = await harness.run(inputOf(film), shortSends());
    const output = await expectReady(harness, film, result);
    expect(result.entered.SendChunks).toBeLessThanOrEqual(4);
    expect(result.entered.SendRanges).toBe(1);
    expect(harness.s3.chunkReads()).toBe(12);
    expect(harness.service.calls.counts()).toMatchObject({ presign: 1, put: 12, report: 1 });
    expect(output.retries).toEqual({});
  });

  it('aborts a chunk in flight at its end, and only that chunk is sent again', async () => {
    const film = harness.put(4);
    harness.override({ settings: { ...readSettings(process.env), noProgressMs: 300_000 } });
    harness.service.faults.add({ on: 'put', chunk: 3, kind: 'stall' });
    const result = await harness.run(inputOf(film), shortSends());
    await expectReady(harness, film, result);
    expect(harness.service.calls.count('put')).toBe(5);
    expect(harness.service.calls.count('put', { chunkIndex: 3 })).toBe(2);
    expect(harness.service.calls.count('create')).toBe(1);
  });

  it('ends before the Lambda timeout although the service never answers', async () => {
    const film = harness.put(2);
    harness.service.faults.add({ on: 'presign', kind: 'stall', times: 2 });
    const errors: unknown[] = [];
    const result = await harness.run(inputOf(film), {
      ...shortSends(),
      onInvocation: ({ error }) => void (error && errors.push(error)),
    });
    await expectReady(harness, film, result);
    expect(errors).toEqual([]);
    expect(harness.service.calls.count('put')).toBe(2);
  });
});

describe('a stalled chunk', () => {
  it.each([
    ['at the service, from its first byte', { kind: 'stall' }],
    ['at the service, in the middle', { kind: 'stall', afterBytes: 3_000 }],
  ] as const)('is sent again on a new URL: %s', async (_where, fault) => {
    const film = harness.put(6);
    harness.service.faults.add({ on: 'put', chunk: 2, ...fault });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put')).toBe(7);
    expect(output.retries).toEqual({ RequestTimeoutError: 1 });
  });

  it('is not aborted while its bytes move slowly', async () => {
    const film = harness.put(6);
    harness.service.faults.add({ on: 'put', kind: 'delay', ms: 15_000, times: 6 });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put')).toBe(6);
    expect(output.retries).toEqual({});
  });
});

describe('presigned URLs', () => {
  it('that live shorter than the margin are fetched directly before use', async () => {
    const film = harness.put(6);
    harness.service.switches.urlLifetimeMs = 30_000;
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.counts()).toMatchObject({ put: 6, presign: 7 });
    expect(output.retries).toEqual({});
  });

  it('that expire during their range are fetched again', async () => {
    const film = harness.put(12);
    harness.service.switches.urlLifetimeMs = 100_000;
    harness.service.faults.add({ on: 'put', kind: 'delay', ms: 18_000, times: 12 });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put', { status: 200 })).toBe(12);
    expect(harness.service.calls.count('put')).toBe(12);
    expect(output.retries).toEqual({});
  });
});
