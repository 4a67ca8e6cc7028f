import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { planRange, sentIndexes } from './send-harness.ts';

const oneSender = { mapConcurrency: 1 };

/** Records each request for URLs, with the chunks sent before it. */
async function watchPages(chunks: number, tuned: object) {
  const planned = await planRange(chunks, { ...oneSender, ...tuned });
  const { harness } = planned;
  const pages: { readonly count: number; readonly first: number; readonly sent: number }[] = [];
  const { prepareChunks } = harness.ports.destination;
  harness.override({
    prepareChunks: (session, indexes, options) => {
      const [first = 0] = indexes;
      pages.push({ count: indexes.length, first, sent: sentIndexes(harness).length });
      return prepareChunks(session, indexes, options);
    },
  });
  return { ...planned, pages, prepareChunks };
}

describe('SendChunks fetches URLs', () => {
  it('in pages of 50, each shortly before its use', async () => {
    const { harness, item, pages } = await watchPages(120, { chunksInFlight: 4 });
    await harness.send(item);
    expect(pages.map(({ count, first }) => [count, first])).toEqual([
      [50, 1],
      [50, 51],
      [20, 101],
    ]);
    expect(pages[1]?.sent).toBeGreaterThan(40);
    expect(pages[2]?.sent).toBeGreaterThan(90);
    expect(sentIndexes(harness)).toHaveLength(120);
  });

  it('of the next page while chunks of the page before are in flight', async () => {
    const { harness, item, pages } = await watchPages(120, { chunksInFlight: 4 });
    await harness.send(item);
    expect(pages[1]?.sent).toBeLessThan(50);
  });

  it('of no further page after a page failed, and continues with the rest in the next call', async () => {
    const { harness, item, pages, prepareChunks } = await watchPages(120, { chunksInFlight: 2 });
    const failing = new TransferError('ServiceUnavailableError', '503');
    harness.override({
      prepareChunks: (session, indexes, options) => {
        if (indexes[0] !== 51) return prepareChunks(session, indexes, options);
        return Promise.reject(failing);
      },
    });
    const answer = await harness.send(item);
    expect(answer).toMatchObject({ next: 'more' });
    expect(sentIndexes(harness)).toHaveLength(50);
    harness.override({ prepareChunks });
    expect(await harness.send({ ...item, range: answer })).toMatchObject({ next: 'sent' });
    expect(sentIndexes(harness)).toHaveLength(120);
    expect(pages).toEqual([]);
  });

  it('of no chunk that would not be sent: a final error stops the pages', async () => {
    const { harness, item, pages } = await watchPages(400, { chunksInFlight: 1 });
    const gone = new TransferError('SourceNotFoundError', 'gone');
    harness.override({ sendChunk: () => Promise.reject(gone) });
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(pages).toHaveLength(1);
  });
});
