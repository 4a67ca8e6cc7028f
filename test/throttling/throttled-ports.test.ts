import { beforeEach, describe, expect, it } from 'vitest';
import { explainS3Failure } from '#src/aws/s3/failures.ts';
import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { CallLimiter } from '#src/throttling/call-limiter.ts';
import { createThrottledDestination } from '#src/throttling/throttled-destination.ts';
import { createThrottledSource } from '#src/throttling/throttled-source.ts';

const call = { signal: new AbortController().signal };

/** The calls of the limiter, in order. */
let taken: string[];
let learned: unknown[];
let postponed: TransferError | undefined;
let limiter: CallLimiter;
beforeEach(() => {
  [taken, learned, postponed] = [[], [], undefined];
  const limits = (where: string) => ({
    take: async (kind: ErrorOrigin) => {
      taken.push(`${kind}${where}`);
      if (postponed) throw postponed;
    },
    learn: async (error: unknown) => void learned.push(error),
  });
  limiter = { ...limits(''), local: limits(', locally') };
});

const rejection = new TransferError('ThrottledError', '429');

/** A service that rejects every call and records the calls by name. */
function rejecting() {
  const calls: string[] = [];
  const one = (name: string) => async () => {
    calls.push(name);
    throw rejection;
  };
  const names = [...apiCalls.map(([name]) => name), 'sendChunk'];
  const service = Object.fromEntries(names.map((name) => [name, one(name)]));
  return { calls, service: createThrottledDestination(service as unknown as Destination, limiter) };
}

const apiCalls: readonly [string, (to: Destination) => Promise<unknown> | undefined][] = [
  ['openSession', (to) => to.openSession({} as never, call)],
  ['prepareChunks', (to) => to.prepareChunks({} as never, [1], call)],
  ['reportProofs', (to) => to.reportProofs({} as never, [], call)],
  ['finish', (to) => to.finish({} as never, [], undefined, call)],
  ['sessionStatus', (to) => to.sessionStatus({} as never, call)],
  ['chunkStates', (to) => to.chunkStates({} as never, 1, call)],
  ['assetStatus', (to) => to.assetStatus('a', call)],
  ['checkAccess', (to) => to.checkAccess?.(call)],
  ['listUnfinished', (to) => to.listUnfinished?.(call)],
  ['abortSession', (to) => to.abortSession?.({} as never, call)],
];

// https://github.com/rclone/rclone/issues/3199: some commands went past the pacer.
describe('every call of a destination', () => {
  it.each([
    ...apiCalls.map(([name, ask]) => [name, 'service', ask] as const),
    [
      'sendChunk',
      'storage',
      (to: Destination) => to.sendChunk({} as never, {} as never, {} as never, call),
    ] as const,
  ])('waits for the limiter and reports its error to it: %s', async (name, kind, ask) => {
    const { calls, service } = rejecting();
    await expect(ask(service)).rejects.toBe(rejection);
    expect([taken, calls, learned]).toEqual([[kind], [name], [rejection]]);
  });

  it('is not made while its kind is stopped', async () => {
    postponed = new TransferError('ThrottledError', 'wait', { isCallPostponed: true });
    const { calls, service } = rejecting();
    await expect(service.assetStatus('a', call)).rejects.toBe(postponed);
    expect([calls, learned]).toEqual([[], []]);
  });

  it('is absent if the service has no such call', () => {
    const bare = createThrottledDestination({} as Destination, limiter);
    expect(['listUnfinished' in bare, 'abortSession' in bare]).toEqual([false, false]);
  });

  it('counts the call that prepares one chunk, just before that chunk', async () => {
    const calls: unknown[] = [];
    const service = createThrottledDestination(
      {
        prepareChunks: async () => void calls.push('prepareChunks'),
        prepareChunk: async (_: unknown, index: number) => void calls.push(index),
        sendChunk: async () => calls.push('sendChunk'),
      } as unknown as Destination,
      limiter,
    );
    await service.prepareChunks({} as never, [1, 2, 3], call);
    await service.sendChunk({} as never, { index: 2 } as never, {} as never, call);
    expect([calls, taken]).toEqual([
      [2, 'sendChunk'],
      ['service', 'storage'],
    ]);
  });
});

describe('reading a source', () => {
  const reference = { bucket: 'films', key: 'a.mp4' };
  const object = { ...reference, etag: 'e', sizeBytes: 3 };
  const slowDown = explainS3Failure(
    { name: 'SlowDown', $metadata: { httpStatusCode: 503 }, message: 'Please reduce your rate.' },
    reference,
  );
  const failing: SourceReader = {
    inspect: () => Promise.reject(slowDown),
    confirmReadable: () => Promise.reject(slowDown),
    // biome-ignore lint/correctness/useYield: it fails before its first piece
    async *read() {
      throw slowDown;
    },
  };
  const readAll = (reader: SourceReader) =>
    Array.fromAsync(reader.read(object, { start: 0, endInclusive: 2 }, call.signal));

  it('treats SlowDown as a throttled reply of S3', () => {
    const fields = { name: 'SourceUnavailableError', origin: 'source', isThrottle: true };
    expect(slowDown).toMatchObject(fields);
  });

  it.each([
    ['a 500', { name: 'InternalError', $metadata: { httpStatusCode: 500 } }, false],
    ['a HEAD with 503', { name: 'Unknown', $metadata: { httpStatusCode: 503 } }, true],
    [
      'a 400 ThrottlingException',
      { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } },
      true,
    ],
    ['a lost connection', { name: 'TimeoutError', $metadata: {} }, false],
  ])('separates throttling from failure: %s', (_what, failure, isThrottle) => {
    expect(explainS3Failure(failure, reference).isThrottle).toBe(isThrottle);
  });

  it('waits for the limiter and reports its error to it', async () => {
    await expect(readAll(createThrottledSource(failing, limiter))).rejects.toBe(slowDown);
    expect([taken, learned]).toEqual([['source'], [slowDown]]);
  });

  it('does not change the bytes', async () => {
    const pieces = [new Uint8Array([1]), new Uint8Array([2, 3])];
    const reader: SourceReader = {
      ...failing,
      async *read() {
        yield* pieces;
      },
    };
    expect(await readAll(createThrottledSource(reader, limiter))).toEqual(pieces);
  });

  it.each([
    ['inspects', (reader: SourceReader) => reader.inspect(reference)],
    ['reads one byte', (reader: SourceReader) => reader.confirmReadable(object, call.signal)],
  ])(
    '%s with the local limits, because its function has no permission on the table',
    async (_, ask) => {
      await expect(ask(createThrottledSource(failing, limiter))).rejects.toBe(slowDown);
      expect([taken, learned]).toEqual([['source, locally'], [slowDown]]);
    },
  );

  it('is postponed with the error name of its port', async () => {
    postponed = new TransferError('ThrottledError', 'wait', {
      isCallPostponed: true,
      origin: 'source',
      retryAfterSeconds: 12,
    });
    const fields = { name: 'SourceUnavailableError', isCallPostponed: true, retryAfterSeconds: 12 };
    await expect(readAll(createThrottledSource(failing, limiter))).rejects.toMatchObject(fields);
    expect(learned).toEqual([]);
  });
});
