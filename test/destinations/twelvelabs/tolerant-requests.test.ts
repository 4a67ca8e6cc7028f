import { describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { userAgent } from '#src/core/stack/product.ts';
import { bodyOf, chunk, created, etag, failureOf, request } from './scripted.ts';
import { type Answering, type Heard, serveTwelveLabs } from './served.ts';

const body = bodyOf(new Uint8Array([1, 2, 3]));
const proof = { index: 1, sizeBytes: 3, proof: etag, md5: etag };
const puts = (heard: readonly Heard[]) => heard.filter(({ method }) => method === 'PUT');
const spans = (heard: readonly Heard[]) =>
  heard.filter(({ path }) => path.endsWith('/presigned-urls')).map((one) => one.body);

/** Calls everything that the engine calls, once. */
async function useAll(answer: Answering) {
  const served = await serveTwelveLabs(answer);
  const { twelveLabs, call } = served;
  const session = await twelveLabs.openSession(request, call);
  await twelveLabs.prepareChunks(session, [1], call);
  await twelveLabs.sendChunk(session, chunk(1), body, call);
  await twelveLabs.reportProofs(session, [proof], call);
  await twelveLabs.sessionStatus(session, call);
  await twelveLabs.chunkStates(session, 1, call);
  await twelveLabs.assetStatus('a1', call);
  await twelveLabs.listUnfinished(call);
  return served;
}

describe('A1: a service that refuses requests without a User-Agent', () => {
  const needsAgent: Answering = ({ headers }) =>
    headers['user-agent'] ? undefined : { status: 403 };

  it('takes every call and every chunk', async () => {
    const { heard } = await useAll(needsAgent);
    expect(new Set(heard.map(({ headers }) => headers['user-agent']))).toEqual(
      new Set([userAgent]),
    );
  });

  it('hears one User-Agent with a chunk, the one it named itself', async () => {
    const upload_headers = { 'user-agent': 'signed/1' };
    const { heard } = await useAll(({ path }) =>
      path.endsWith('/multipart-uploads')
        ? { status: 201, json: { ...created, upload_headers } }
        : undefined,
    );
    expect(puts(heard).map(({ headers }) => headers['user-agent'])).toEqual(['signed/1']);
  });
});

describe('A14: replies in a content encoding', () => {
  it('are asked for by no call of the API', async () => {
    const { heard } = await useAll(() => undefined);
    const calls = heard.filter(({ method }) => method !== 'PUT');
    expect(calls.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });
});

/** Opens a session with those headers and sends its second and its last chunk, of 3 and 2 bytes. */
async function sendWith(headersAt: (host: string) => object) {
  const served = await serveTwelveLabs(({ path, host }) =>
    path.endsWith('/multipart-uploads')
      ? {
          status: 201,
          json: { ...created, chunk_size: 3, total_chunks: 2, upload_headers: headersAt(host) },
        }
      : undefined,
  );
  const { twelveLabs, call } = served;
  const source = { ...request.source, sizeBytes: 5 };
  const session = await twelveLabs.openSession({ ...request, source }, call);
  const send = (index: number, bytes: number) =>
    twelveLabs.sendChunk(session, chunk(index), bodyOf(new Uint8Array(bytes)), call);
  return { ...served, send };
}

describe('A7: upload headers that the HTTP client computes itself', () => {
  it.each([
    ['the host', (host: string) => ({ Host: host })],
    ['the length of all chunks but the last', () => ({ 'Content-Length': '3' })],
    ['the length as a number', () => ({ 'content-length': 3 })],
    ['the connection', () => ({ Connection: 'Keep-Alive' })],
    ['an empty Expect', () => ({ Expect: '', TE: '' })],
    // A presigner in Go hands its signed headers over as lists, the Host among them.
    ['lists of one', (host: string) => ({ Host: [host], 'Content-Length': ['3'], 'x-a': ['b'] })],
    ['null', () => ({ Host: null })],
  ])('are left out when they are as they are sent: %s', async (_, headersAt) => {
    const { send, heard, host } = await sendWith(headersAt);
    await send(1, 3);
    await send(2, 2);
    const sent = puts(heard).map(({ headers }) => [headers['content-length'], headers.host]);
    expect(sent).toEqual([
      ['3', host],
      ['2', host],
    ]);
  });

  it.each([
    ['Host', { Host: 'bucket.example.test' }],
    ['Content-Length', { 'Content-Length': '4' }],
    ['transfer-encoding', { 'transfer-encoding': 'chunked' }],
    ['Expect', { Expect: '100-continue' }],
    ['Connection', { Connection: 'close' }],
  ])('are refused by name when they differ: %s', async (name, upload_headers) => {
    const { send, heard } = await sendWith(() => upload_headers);
    const error = await failureOf(send(1, 3));
    expect(error).toMatchObject({ name: 'ProtocolViolationError', origin: 'service' });
    expect(error.message).toContain(`upload_headers "${name}" for chunk 1 of 3 bytes at 127.0.0.1`);
    expect(puts(heard)).toEqual([]);
  });

  it('never lose a session: it is open, and its row can hold them', async () => {
    const { heard } = await sendWith(() => ({ Host: 'bucket.example.test' }));
    expect(heard).toHaveLength(1);
  });

  it('go out with all others that the service names', async () => {
    const { send, heard } = await sendWith(() => ({ 'x-amz-acl': 'private', 'x-n': 7 }));
    await send(1, 3);
    expect(puts(heard)[0]?.headers).toMatchObject({ 'x-amz-acl': 'private', 'x-n': '7' });
  });

  it('may be an empty list, as PHP writes an empty object', async () => {
    const { send, heard } = await sendWith(() => []);
    await send(1, 3);
    expect(puts(heard)).toHaveLength(1);
  });
});

describe('A17: a service that gives no URL for completed chunks', () => {
  const completed: Answering = ({ path, body }) => {
    if (!path.endsWith('/presigned-urls')) return undefined;
    const { start, count } = body as { start: number; count: number };
    const holdsTwo = start <= 2 && 2 < start + count;
    return holdsTwo ? { status: 400, json: { code: 'parameter_invalid' } } : undefined;
  };
  const session = {
    uploadId: 'u1',
    chunkSizeBytes: 3,
    totalChunks: 6,
    details: {},
  };

  it('is asked for missing chunks only', async () => {
    const { twelveLabs, heard, call } = await serveTwelveLabs(completed);
    await twelveLabs.prepareChunks(session, [1, 3, 4, 5, 6], call);
    await Promise.all(
      [1, 3, 6].map((index) => twelveLabs.sendChunk(session, chunk(index), body, call)),
    );
    expect([spans(heard), puts(heard).length]).toEqual([
      [
        { start: 1, count: 1 },
        { start: 3, count: 4 },
      ],
      3,
    ]);
  });

  const refusing =
    (status: number): Answering =>
    (heard, count) => {
      const reply = completed(heard, count);
      return reply && { ...reply, status };
    };

  it.each([416, 422])('is asked singly where it refuses a span by %i', async (status) => {
    const { twelveLabs, heard, call } = await serveTwelveLabs(refusing(status));
    await twelveLabs.prepareChunks(session, [1, 2, 3], call);
    expect(spans(heard)).toHaveLength(4);
  });

  it('is asked singly where a span is in conflict for all tries of a call', async () => {
    const { twelveLabs, heard, call } = await serveTwelveLabs(refusing(409));
    const prepare = () => twelveLabs.prepareChunks(session, [1, 2, 3], call);
    for (let tries = 1; tries < boundOf('triesPerCall'); tries++) {
      expect((await failureOf(prepare())).name).toBe('ServiceUnavailableError');
    }
    const before = spans(heard).length;
    await prepare();
    expect(spans(heard).length - before).toBe(4);
  });

  it.each([{ upload_urls: null }, { upload_urls: [] }, {}])(
    'gives none at all for a while: %j',
    async (json) => {
      const { twelveLabs, heard, call } = await serveTwelveLabs(({ path }) =>
        path.endsWith('/presigned-urls') ? { json } : undefined,
      );
      await twelveLabs.prepareChunks(session, [1], call);
      const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
      expect(error).toMatchObject({ name: 'ServiceUnavailableError', origin: 'service' });
      expect(puts(heard)).toEqual([]);
    },
  );

  it('is asked singly where it refuses a span, so that one chunk costs no other its URL', async () => {
    const logged: unknown[] = [];
    const log = { info: () => {}, warn: (m: string) => void logged.push(m), error: () => {} };
    const { twelveLabs, heard, call } = await serveTwelveLabs(completed, log);
    await twelveLabs.prepareChunks(session, [1, 2, 3, 5], call);
    const asked = spans(heard).length;
    await Promise.all(
      [1, 3, 5].map((index) => twelveLabs.sendChunk(session, chunk(index), body, call)),
    );
    expect([asked, spans(heard).length, puts(heard).length]).toEqual([5, 5, 3]);
    expect(logged).toContain('no usable presigned URL for some chunks');
  });

  it('refuses the send of the chunk that has no URL, with its own words', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(completed);
    await twelveLabs.prepareChunks(session, [2], call);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(2), body, call));
    expect(error).toMatchObject({ name: 'RequestRejectedError', status: 400, origin: 'service' });
  });
});

describe('A20: long identifiers', () => {
  const longId = (letter: string, length = 1024) => letter.repeat(length);

  it('of 1,024 characters go through every call', async () => {
    const ids = { upload_id: longId('u'), asset_id: longId('a') };
    const { twelveLabs, heard, call } = await serveTwelveLabs(({ path }) =>
      path.endsWith('/multipart-uploads')
        ? { status: 201, json: { ...created, ...ids } }
        : undefined,
    );
    const session = await twelveLabs.openSession(request, call);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    await twelveLabs.sessionStatus(session, call);
    await twelveLabs.assetStatus(session.assetId ?? '', call);
    expect(heard.at(-1)?.path).toBe(`/v1.3/assets/${ids.asset_id}`);
  });

  it('of 1,025 characters are refused by the name of their field', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      status: 201,
      json: { ...created, upload_id: longId('u', 1025) },
    }));
    const error = await failureOf(twelveLabs.openSession(request, call));
    expect(error.message).toContain('bad upload_id');
  });
});

describe('A11: user metadata', () => {
  it('goes out with lists of texts as they are', async () => {
    const { twelveLabs, heard, call } = await serveTwelveLabs(() => undefined);
    const userMetadata = { tags: ['a', 'b'], season: 2026 };
    await twelveLabs.openSession({ ...request, userMetadata }, call);
    expect(heard[0]?.body).toMatchObject({ user_metadata: userMetadata });
  });
});
