import { describe, expect, it } from 'vitest';
import { type IterationEvents, observeBytes } from '#src/core/source/observed-bytes.ts';

/** Two pieces. `log` has what happens to the source and to its observer. */
function observed(events: Partial<IterationEvents> = {}, failure?: Error) {
  const log: string[] = [];
  async function* source() {
    try {
      log.push('opened');
      yield Uint8Array.of(1);
      if (failure) throw failure;
      yield Uint8Array.of(2);
    } finally {
      log.push('closed');
    }
  }
  const bytes = observeBytes(source(), {
    before: async () => void log.push('before'),
    failed: async (error) => void log.push(`failed: ${(error as Error).message}`),
    ended: () => log.push('ended'),
    ...events,
  });
  return { log, iterator: bytes[Symbol.asyncIterator](), bytes };
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<number[]> {
  const all: number[] = [];
  for await (const piece of bytes) all.push(...piece);
  return all;
}

const over = { done: true, value: undefined };

describe('an observed iteration of bytes', () => {
  it('passes all bytes on, after its start and before its end', async () => {
    const { log, bytes } = observed();
    expect(await read(bytes)).toEqual([1, 2]);
    expect(log).toEqual(['before', 'opened', 'closed', 'ended']);
  });

  it('throws the error of the source after it was reported', async () => {
    const { log, bytes } = observed({}, new Error('reset'));
    await expect(read(bytes)).rejects.toThrow('reset');
    expect(log).toEqual(['before', 'opened', 'closed', 'failed: reset']);
  });

  it('has no end after an error, also if it is read on', async () => {
    const { log, iterator } = observed({}, new Error('reset'));
    await iterator.next();
    await expect(iterator.next()).rejects.toThrow('reset');
    expect(await iterator.next()).toEqual(over);
    expect(log).not.toContain('ended');
  });

  it('opens nothing if its start fails', async () => {
    const before = () => Promise.reject(new Error('postponed'));
    const { log, iterator } = observed({ before });
    await expect(iterator.next()).rejects.toThrow('postponed');
    expect(await iterator.next()).toEqual(over);
    expect(log).toEqual([]);
  });

  it('closes the source at an early end, without an end of its own', async () => {
    const { log, iterator } = observed();
    await iterator.next();
    await iterator.return?.();
    expect(await iterator.next()).toEqual(over);
    expect(log).toEqual(['before', 'opened', 'closed']);
  });
});
