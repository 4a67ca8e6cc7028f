import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { body, freshUrls, puts, range, spans, stored } from './fresh-urls.ts';
import { baseUrl, chunk, failureOf, scriptTwelveLabs, session } from './scripted.ts';

const urlsPath = `${baseUrl}/assets/multipart-uploads/u%2F1/presigned-urls`;

describe('preparing chunks', () => {
  it('asks for each run of consecutive chunks in one call, and for no chunk between runs', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [7, 3, 4, 12, 5], call);
    expect(sent.map(({ url, body }) => [url, body])).toEqual([
      [urlsPath, { start: 3, count: 3 }],
      [urlsPath, { start: 7, count: 1 }],
      [urlsPath, { start: 12, count: 1 }],
    ]);
  });

  it('asks for at most 50 in a call and for nothing between distant ones', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [...range(1, 51), 500], call);
    expect(spans(sent)).toEqual([
      { start: 1, count: 50 },
      { start: 51, count: 1 },
      { start: 500, count: 1 },
    ]);
  });

  it('asks again only for those without a usable URL', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1, 2, 3], call);
    await twelveLabs.sendChunk(session, chunk(2), body, call);
    await twelveLabs.prepareChunks(session, [1, 2, 3], call);
    expect(spans(sent)).toEqual([
      { start: 1, count: 3 },
      { start: 2, count: 1 },
    ]);
  });

  it('asks for nothing when there is nothing to send', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [], call);
    expect(sent).toEqual([]);
  });

  it.each([
    ['upload_urls', { upload_urls: 'none' }],
    ['upload_urls.0.url', { upload_urls: [{ chunk_index: 1, url: 'javascript:CANARY' }] }],
    ['upload_urls.0.url', { upload_urls: [{ chunk_index: 1, url: 'https://h/a CANARY' }] }],
    ['upload_urls.0.chunk_index', { upload_urls: [{ chunk_index: 0, url: 'https://h/CANARY' }] }],
  ])('refuses an answer with a bad %s', async (field, json) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const error = await failureOf(twelveLabs.prepareChunks(session, [1], call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      expect.stringContaining(`has a bad ${field} `),
    ]);
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });

  it('refuses an address that is not https', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'http://s3.example.test/c?CANARY' }] };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const error = await failureOf(twelveLabs.prepareChunks(session, [1], call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'TwelveLabs gave a presigned URL at s3.example.test that is not https',
    ]);
  });

  it('takes an address that is not https where that is allowed', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'http://s3.example.test/c' }] };
    const options = { allowInsecureUploads: true };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }), options);
    await expect(twelveLabs.prepareChunks(session, [1], call)).resolves.toBeUndefined();
  });
});

describe('a presigned URL', () => {
  it('is used once, however often a chunk is sent', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, range(1, 5), call);
    const rounds = [...range(1, 5), ...range(1, 5), ...range(1, 5)];
    await Promise.all(rounds.map((n) => twelveLabs.sendChunk(session, chunk(n), body, call)));
    expect(new Set(puts(sent).map(({ url }) => url)).size).toBe(15);
  });

  it('is fetched alone for a chunk that has none', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.sendChunk(session, chunk(9), body, call);
    expect(spans(sent)).toEqual([{ start: 9, count: 1 }]);
  });

  it('belongs to its session', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1], call);
    await twelveLabs.sendChunk({ ...session, uploadId: 'u2' }, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(2);
  });

  it.each([
    ['a second more than the margin', 61_000, 1],
    ['the margin', 60_000, 2],
    ['no time at all', 0, 2],
  ])('that has %s left needs %i ms: calls %i', async (_, leftMs, calls) => {
    const { twelveLabs, sent, clock, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1], call);
    clock.advance(3600_000 - leftMs);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(calls);
  });

  it('without an expiry lives for the documented hour', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'https://s3.example.test/c' }] };
    const { twelveLabs, sent, clock, call } = scriptTwelveLabs(({ method }) =>
      method === 'PUT' ? stored : { json },
    );
    await twelveLabs.prepareChunks(session, [1], call);
    clock.advance(3500_000);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(1);
  });

  it('that was fetched just now is used even if it looks expired by our clock', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls(-3600_000));
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(puts(sent)).toHaveLength(1);
  });

  it('that the service gives a second time is not used a second time', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'https://s3.example.test/c?CANARY' }] };
    const { twelveLabs, sent, call } = scriptTwelveLabs(({ method }) =>
      method === 'PUT' ? stored : { json },
    );
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, puts(sent).length]).toEqual(['PresignedUrlRejectedError', 1]);
    expect(error.message).not.toContain('CANARY');
  });

  it('that is of another chunk is a violation, told by chunk', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({
      json: { upload_urls: [{ chunk_index: 8, url: 'https://s3.example.test/c/8' }] },
    }));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(9), body, call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'TwelveLabs gave no presigned URL for chunk 9',
    ]);
  });
});
