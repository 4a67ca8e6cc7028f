import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { freshUrls, puts, range, spans, stored } from './fresh-urls.ts';
import { baseUrl, body, chunk, failureOf, scriptTwelveLabs, session } from './scripted.ts';

const urlsPath = `${baseUrl}/assets/multipart-uploads/u%2F1/presigned-urls`;

describe('preparing chunks', () => {
  it('requests each run of consecutive chunks in one call, and no chunk between runs', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [7, 3, 4, 12, 5], call);
    expect(sent.map(({ url, body }) => [url, body])).toEqual([
      [urlsPath, { start: 3, count: 3 }],
      [urlsPath, { start: 7, count: 1 }],
      [urlsPath, { start: 12, count: 1 }],
    ]);
  });

  it('requests at most 50 per call and nothing between distant chunks', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [...range(1, 51), 500], call);
    expect(spans(sent)).toEqual([
      { start: 1, count: 50 },
      { start: 51, count: 1 },
      { start: 500, count: 1 },
    ]);
  });

  it('repeats the request only for chunks without a usable URL', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1, 2, 3], call);
    await twelveLabs.sendChunk(session, chunk(2), body, call);
    await twelveLabs.prepareChunks(session, [1, 2, 3], call);
    expect(spans(sent)).toEqual([
      { start: 1, count: 3 },
      { start: 2, count: 1 },
    ]);
  });

  it('makes no call if there is no chunk to send', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [], call);
    expect(sent).toEqual([]);
  });

  it.each([
    ['upload_urls', { upload_urls: 'none' }],
    ['upload_urls.0.url', { upload_urls: [{ chunk_index: 1, url: 'javascript:CANARY' }] }],
    ['upload_urls.0.url', { upload_urls: [{ chunk_index: 1, url: 'https://h/a CANARY' }] }],
    ['upload_urls.0.chunk_index', { upload_urls: [{ chunk_index: 0, url: 'https://h/CANARY' }] }],
  ])('rejects a reply with an invalid %s', async (field, json) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const error = await failureOf(twelveLabs.prepareChunks(session, [1], call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      expect.stringContaining(`the field "${field}" does not match`),
    ]);
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });

  it('rejects a URL that is not https', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'http://s3.example.test/c?CANARY' }] };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const error = await failureOf(twelveLabs.prepareChunks(session, [1], call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'Invalid presigned URL from TwelveLabs, host "s3.example.test": must be https.',
    ]);
  });

  it('accepts a URL that is not https if the options allow it', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'http://s3.example.test/c' }] };
    const options = { allowInsecureUploads: true };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }), options);
    await expect(twelveLabs.prepareChunks(session, [1], call)).resolves.toBeUndefined();
  });
});

describe('a presigned URL', () => {
  it('is used once, also if a chunk is sent again', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, range(1, 5), call);
    const rounds = [...range(1, 5), ...range(1, 5), ...range(1, 5)];
    await Promise.all(rounds.map((n) => twelveLabs.sendChunk(session, chunk(n), body, call)));
    expect(new Set(puts(sent).map(({ url }) => url)).size).toBe(15);
  });

  it('is fetched alone for a chunk without one', async () => {
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
  ])('with %s of remaining time needs %i ms: calls %i', async (_, leftMs, calls) => {
    const { twelveLabs, sent, clock, call } = scriptTwelveLabs(freshUrls());
    await twelveLabs.prepareChunks(session, [1], call);
    clock.advance(3600_000 - leftMs);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(calls);
  });

  it('without an expiry is valid for the documented hour', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'https://s3.example.test/c' }] };
    const { twelveLabs, sent, clock, call } = scriptTwelveLabs(({ method }) =>
      method === 'PUT' ? stored : { json },
    );
    await twelveLabs.prepareChunks(session, [1], call);
    clock.advance(3500_000);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(spans(sent)).toHaveLength(1);
  });

  it('that was just fetched is used even if the local clock has passed its expiry', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(freshUrls(-3600_000));
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    expect(puts(sent)).toHaveLength(1);
  });

  it('that the service returns twice is used once', async () => {
    const json = { upload_urls: [{ chunk_index: 1, url: 'https://s3.example.test/c?CANARY' }] };
    const { twelveLabs, sent, call } = scriptTwelveLabs(({ method }) =>
      method === 'PUT' ? stored : { json },
    );
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, puts(sent).length]).toEqual(['PresignedUrlRejectedError', 1]);
    expect(error.message).not.toContain('CANARY');
  });

  it('for another chunk is a violation that names the chunk', async () => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({
      json: { upload_urls: [{ chunk_index: 8, url: 'https://s3.example.test/c/8' }] },
    }));
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(9), body, call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      'TwelveLabs returned no presigned URL for chunk 9.',
    ]);
  });
});
