import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '#local/simulators/twelvelabs/faults/faults.ts';
import type { S3Fault } from '../../doubles/s3/faults.ts';
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
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const chunks = 6;

/** Transfers a film despite a fault, expects that no URL is used twice, and returns the output. */
async function transferDespite(fault: Fault): Promise<Record<string, unknown>> {
  const film = harness.put(chunks);
  harness.service.faults.add(fault);
  const output = await expectReady(harness, film, await harness.run(inputOf(film)));
  expect(harness.service.calls.of('put').every(({ urlUse }) => urlUse === 1)).toBe(true);
  return output;
}

describe('one chunk is sent once more on a new URL after', () => {
  it.each<[string, Fault, string]>([
    ['an expired URL', { on: 'put', chunk: 3, kind: 'expired-url' }, 'PresignedUrlRejectedError'],
    ['a used URL', { on: 'put', chunk: 3, kind: 'used-url' }, 'PresignedUrlRejectedError'],
    [
      'a connection reset mid-body',
      { on: 'put', chunk: 3, kind: 'reset-mid-body', afterBytes: 4000 },
      'NetworkError',
    ],
    ['a connection reset at once', { on: 'put', chunk: 3, kind: 'reset' }, 'NetworkError'],
    [
      'a lost reply after accepted bytes',
      { on: 'put', chunk: 3, kind: 'lost-reply' },
      'NetworkError',
    ],
    ['a 500', { on: 'put', chunk: 3, kind: 'status', status: 500 }, 'ServiceUnavailableError'],
    ['a 503', { on: 'put', chunk: 3, kind: 'status', status: 503 }, 'ThrottledError'],
    ['an HTML page of a proxy', { on: 'put', chunk: 3, kind: 'html' }, 'ServiceUnavailableError'],
    ['a 429', { on: 'put', chunk: 3, kind: 'throttle' }, 'ThrottledError'],
    ['a wrong ETag', { on: 'put', chunk: 3, kind: 'wrong-etag' }, 'ChunkMismatchError'],
    ['a changed byte', { on: 'put', chunk: 3, kind: 'corrupt' }, 'ChunkMismatchError'],
    ['a reply without an ETag', { on: 'put', chunk: 3, kind: 'no-etag' }, 'ChunkMismatchError'],
  ])('%s', async (_what, fault, cause) => {
    const output = await transferDespite(fault);
    expect(harness.service.calls.count('put')).toBe(chunks + 1);
    expect(harness.service.calls.count('put', { chunkIndex: 3 })).toBe(2);
    expect(output.retries).toEqual({ [cause]: 1 });
  });
});

describe('a chunk is read and sent once more after', () => {
  it.each<[string, S3Fault, string]>([
    ['SlowDown of S3', { kind: 'error', status: 503, code: 'SlowDown' }, 'SourceUnavailableError'],
    [
      'InternalError of S3',
      { kind: 'error', status: 500, code: 'InternalError' },
      'SourceUnavailableError',
    ],
    [
      'a connection reset of S3 mid-body',
      { kind: 'reset', afterBytes: 3000 },
      'SourceUnavailableError',
    ],
    ['a body of S3 that ends early', { kind: 'close', afterBytes: 3000 }, 'TruncatedReadError'],
    [
      'a body of S3 with fewer bytes than requested',
      { kind: 'short-chunked', missingBytes: 10 },
      'TruncatedReadError',
    ],
  ])('%s', async (_what, fault, cause) => {
    const film = harness.put(chunks);
    harness.s3.fail(fault, { skip: 2 });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.s3.chunkReads()).toBe(chunks + 1);
    expect(output.retries).toEqual({ [cause]: 1 });
  });

  it('a stall of S3 for longer than the timeout', async () => {
    const film = harness.put(chunks);
    harness.s3.fail({ kind: 'stall', afterBytes: 3000 }, { skip: 2 });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.retries).toEqual({ RequestTimeoutError: 1 });
  });
});

const calls = ['create', 'presign', 'report', 'status', 'asset'] as const;

describe('a call is repeated after', () => {
  const throttles = calls.flatMap((on) => [
    [`a 429 on ${on} with Retry-After`, { on, kind: 'throttle', retryAfter: 7 }] as const,
    [`a 429 on ${on} without Retry-After`, { on, kind: 'throttle' }] as const,
  ]);
  const failures = calls
    .filter((on) => on !== 'create')
    .flatMap((on) => [
      [`a 500 on ${on}`, { on, kind: 'status', status: 500 }] as const,
      [`a 503 on ${on}`, { on, kind: 'status', status: 503 }] as const,
      [`an HTML page of a proxy on ${on}`, { on, kind: 'html' }] as const,
      [`a reset on ${on}`, { on, kind: 'reset' }] as const,
      [`a lost reply on ${on}`, { on, kind: 'lost-reply' }] as const,
    ]);

  it.each<readonly [string, Fault]>([...throttles, ...failures])('%s', async (_what, fault) => {
    const output = await transferDespite(fault);
    expect(harness.service.calls.count('put')).toBe(chunks);
    expect(harness.service.calls.count('create', { status: 201 })).toBe(1);
    const again = Object.values(output.retries as Record<string, number>);
    expect(again.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('a 429, but not before its Retry-After', async () => {
    await transferDespite({ on: 'presign', kind: 'throttle', retryAfter: 30 });
    const [first, second] = harness.service.calls.of('presign');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(29_900);
  });
});
