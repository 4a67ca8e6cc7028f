import { describe, expect, it } from 'vitest';
import type {
  CallOptions,
  ChunkState,
  ChunkStatePage,
  Destination,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { baseUrl, failureOf, type Script, scriptTwelveLabs, session } from './scripted.ts';

const sessionUrl = `${baseUrl}/assets/multipart-uploads/u%2F1`;

async function statesOf(
  { chunkStates }: Pick<Destination, 'chunkStates'>,
  session: UploadSession,
  call: CallOptions,
): Promise<Map<number, ChunkState>> {
  const all = new Map<number, ChunkState>();
  for (let page: number | undefined = 1; page !== undefined && page < 200; ) {
    const { states: found, nextPage }: ChunkStatePage = await chunkStates(session, page, call);
    for (const [index, state] of found) all.set(index, state);
    page = nextPage;
  }
  return all;
}

describe('chunk states', () => {
  const many = { ...session, totalChunks: 120 };
  const states = Array.from({ length: 120 }, (_, i) => ({
    index: i + 1,
    status: i % 3 ? 'completed' : 'pending',
    uploaded_at: null,
  }));
  const paged =
    (limit: number): Script =>
    ({ url }) => {
      const page = Number(new URL(url).searchParams.get('page'));
      return {
        json: { status: 'active', uploaded_chunks: states.slice((page - 1) * limit, page * limit) },
      };
    };

  it.each([
    [50, 4],
    [40, 3],
    [10, 12],
    [1, 120],
  ])('are read from pages of %i in %i calls', async (limit, calls) => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(paged(limit));
    const read = await statesOf(twelveLabs, many, call);
    expect([read.size, read.get(1), read.get(2), sent.length]).toEqual([
      120,
      'pending',
      'completed',
      calls,
    ]);
  });

  it('are requested in full pages, as many as the service counts', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs((...asked) => {
      const { json } = paged(50)(...asked);
      return { json: { ...(json as object), page_info: { total_page: 3 } } };
    });
    await statesOf(twelveLabs, many, call);
    expect(sent.map(({ url }) => url)).toEqual(
      [1, 2, 3].map((page) => `${sessionUrl}?page=${page}&page_limit=50`),
    );
  });

  it('are only the listed ones if the pages end early', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(({ url }) =>
      url.includes('page=1&')
        ? { json: { uploaded_chunks: states.slice(0, 7) } }
        : { json: { uploaded_chunks: [] } },
    );
    expect((await statesOf(twelveLabs, many, call)).size).toBe(7);
  });

  it('are read from a bounded number of pages if the service repeats itself', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({
      json: { uploaded_chunks: states.slice(0, 50) },
    }));
    await statesOf(twelveLabs, many, call);
    expect(sent).toHaveLength(3);
  });

  it('are requested from at most as many pages as chunks, even if the service counts more', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({
      json: { uploaded_chunks: states.slice(0, 1), page_info: { total_page: 1e6 } },
    }));
    await statesOf(twelveLabs, many, call);
    expect(sent).toHaveLength(120);
  });

  it.each([null, undefined, []])('are empty on a page of %j, which is the last', async (list) => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({
      json: { uploaded_chunks: list },
    }));
    expect([(await statesOf(twelveLabs, many, call)).size, sent.length]).toEqual([0, 1]);
  });

  it.each(['uploading', null, undefined, 3])('with the status %j mean busy', async (status) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({
      json: { uploaded_chunks: [{ index: '7', status }], page_info: [] },
    }));
    expect((await twelveLabs.chunkStates(many, 1, call)).states).toEqual(new Map([[7, 'busy']]));
  });

  it.each([0, 121])('reject chunk %i of 120', async (index) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({
      json: { uploaded_chunks: [{ index, status: 'failed' }] },
    }));
    expect((await failureOf(statesOf(twelveLabs, many, call))).name).toBe('ProtocolViolationError');
  });

  it('of an unknown session cause SessionExpiredError', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status: 404 }));
    expect((await failureOf(statesOf(twelveLabs, many, call))).name).toBe('SessionExpiredError');
  });
});
