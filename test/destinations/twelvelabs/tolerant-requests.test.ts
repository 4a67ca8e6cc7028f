import { describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { userAgent } from '#src/core/product.ts';
import { body, bodyOf, chunk, createdWith, failureOf, proof, request } from './scripted.ts';
import { type ReceivedRequest, type Responder, serveTwelveLabs } from './served.ts';

const puts = (received: readonly ReceivedRequest[]) =>
  received.filter(({ method }) => method === 'PUT');
const spans = (received: readonly ReceivedRequest[]) =>
  received.filter(({ path }) => path.endsWith('/presigned-urls')).map((one) => one.body);

/** Makes every call of the engine once. */
async function useAll(answer: Responder) {
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

describe('A1: a service that rejects requests without a User-Agent', () => {
  const needsAgent: Responder = ({ headers }) =>
    headers['user-agent'] ? undefined : { status: 403 };

  it('accepts every call and every chunk', async () => {
    const { received } = await useAll(needsAgent);
    expect(new Set(received.map(({ headers }) => headers['user-agent']))).toEqual(
      new Set([userAgent]),
    );
  });

  it('receives one User-Agent with a chunk: its own value', async () => {
    const upload_headers = { 'user-agent': 'signed/1' };
    const { received } = await useAll(({ path }) =>
      path.endsWith('/multipart-uploads') ? createdWith({ upload_headers }) : undefined,
    );
    expect(puts(received).map(({ headers }) => headers['user-agent'])).toEqual(['signed/1']);
  });
});

describe('A14: replies in a content encoding', () => {
  it('are requested by no call of the API', async () => {
    const { received } = await useAll(() => undefined);
    const calls = received.filter(({ method }) => method !== 'PUT');
    expect(calls.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });
});

/** Opens a session with these headers and sends its second and its last chunk, of 3 and 2 bytes. */
async function sendWith(headersAt: (host: string) => object) {
  const served = await serveTwelveLabs(({ path, host }) =>
    path.endsWith('/multipart-uploads')
      ? createdWith({ chunk_size: 3, total_chunks: 2, upload_headers: headersAt(host) })
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
    // A presigner in Go returns its signed headers as lists, including Host.
    ['lists of one', (host: string) => ({ Host: [host], 'Content-Length': ['3'], 'x-a': ['b'] })],
    ['null', () => ({ Host: null })],
  ])('are dropped if they match the sent values: %s', async (_, headersAt) => {
    const { send, received, host } = await sendWith(headersAt);
    await send(1, 3);
    await send(2, 2);
    const sent = puts(received).map(({ headers }) => [headers['content-length'], headers.host]);
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
  ])('are rejected by name if they differ: %s', async (name, upload_headers) => {
    const { send, received } = await sendWith(() => upload_headers);
    const error = await failureOf(send(1, 3));
    expect(error).toMatchObject({ name: 'ProtocolViolationError', origin: 'service' });
    expect(error.message).toContain(`upload_headers "${name}" for chunk 1 of 3 bytes at 127.0.0.1`);
    expect(puts(received)).toEqual([]);
  });

  it('do not lose a session: it is open, and its row can hold them', async () => {
    const { received } = await sendWith(() => ({ Host: 'bucket.example.test' }));
    expect(received).toHaveLength(1);
  });

  it('are sent with all other headers of the service', async () => {
    const { send, received } = await sendWith(() => ({ 'x-amz-acl': 'private', 'x-n': 7 }));
    await send(1, 3);
    expect(puts(received)[0]?.headers).toMatchObject({ 'x-amz-acl': 'private', 'x-n': '7' });
  });

  it("may be an empty list, PHP's form of an empty object", async () => {
    const { send, received } = await sendWith(() => []);
    await send(1, 3);
    expect(puts(received)).toHaveLength(1);
  });
});

describe('A17: a service without URLs for completed chunks', () => {
  const completed: Responder = ({ path, body }) => {
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

  it('receives requests for missing chunks only', async () => {
    const { twelveLabs, received, call } = await serveTwelveLabs(completed);
    await twelveLabs.prepareChunks(session, [1, 3, 4, 5, 6], call);
    await Promise.all(
      [1, 3, 6].map((index) => twelveLabs.sendChunk(session, chunk(index), body, call)),
    );
    expect([spans(received), puts(received).length]).toEqual([
      [
        { start: 1, count: 1 },
        { start: 3, count: 4 },
      ],
      3,
    ]);
  });

  const rejecting =
    (status: number): Responder =>
    (received, count) => {
      const reply = completed(received, count);
      return reply && { ...reply, status };
    };

  it.each([416, 422])(
    'receives single requests after it rejects a span with %i',
    async (status) => {
      const { twelveLabs, received, call } = await serveTwelveLabs(rejecting(status));
      await twelveLabs.prepareChunks(session, [1, 2, 3], call);
      expect(spans(received)).toHaveLength(4);
    },
  );

  it('receives single requests if a span conflicts for all tries of a call', async () => {
    const { twelveLabs, received, call } = await serveTwelveLabs(rejecting(409));
    const prepare = () => twelveLabs.prepareChunks(session, [1, 2, 3], call);
    for (let tries = 1; tries < boundOf('triesPerCall'); tries++) {
      expect((await failureOf(prepare())).name).toBe('ServiceUnavailableError');
    }
    const before = spans(received).length;
    await prepare();
    expect(spans(received).length - before).toBe(4);
  });

  it.each([{ upload_urls: null }, { upload_urls: [] }, {}])(
    'may temporarily return none: %j',
    async (json) => {
      const { twelveLabs, received, call } = await serveTwelveLabs(({ path }) =>
        path.endsWith('/presigned-urls') ? { json } : undefined,
      );
      await twelveLabs.prepareChunks(session, [1], call);
      const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
      expect(error).toMatchObject({ name: 'ServiceUnavailableError', origin: 'service' });
      expect(puts(received)).toEqual([]);
    },
  );

  it('receives single requests after it rejects a span: every other chunk gets its URL', async () => {
    const logged: unknown[] = [];
    const log = {
      info: () => {},
      warn: (...line: unknown[]) => void logged.push(line),
      error: () => {},
    };
    const { twelveLabs, received, call } = await serveTwelveLabs(completed, log);
    await twelveLabs.prepareChunks(session, [1, 2, 3, 5], call);
    const requested = spans(received).length;
    await Promise.all(
      [1, 3, 5].map((index) => twelveLabs.sendChunk(session, chunk(index), body, call)),
    );
    expect([requested, spans(received).length, puts(received).length]).toEqual([5, 5, 3]);
    const reason = 'TwelveLabs answered asking for presigned URLs with 400 parameter_invalid';
    expect(logged).toEqual([
      ['presigned URLs rejected', { start: 1, count: 3, reason }],
      ['presigned URLs rejected', { start: 2, count: 1, reason }],
      ['presigned URLs missing for some chunks', { chunks: 1 }],
    ]);
  });

  it('causes its own error at the send of the chunk without a URL', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(completed);
    await twelveLabs.prepareChunks(session, [2], call);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(2), body, call));
    expect(error).toMatchObject({ name: 'RequestRejectedError', status: 400, origin: 'service' });
  });
});

describe('A20: long identifiers', () => {
  const longId = (letter: string, length = 1024) => letter.repeat(length);

  it('of 1,024 characters pass every call', async () => {
    const ids = { upload_id: longId('u'), asset_id: longId('a') };
    const { twelveLabs, received, call } = await serveTwelveLabs(({ path }) =>
      path.endsWith('/multipart-uploads') ? createdWith(ids) : undefined,
    );
    const session = await twelveLabs.openSession(request, call);
    await twelveLabs.sendChunk(session, chunk(1), body, call);
    await twelveLabs.sessionStatus(session, call);
    await twelveLabs.assetStatus(session.assetId ?? '', call);
    expect(received.at(-1)?.path).toBe(`/v1.3/assets/${ids.asset_id}`);
  });

  it('of 1,025 characters are rejected by the name of their field', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(() =>
      createdWith({ upload_id: longId('u', 1025) }),
    );
    const error = await failureOf(twelveLabs.openSession(request, call));
    expect(error.message).toContain('the field "upload_id"');
  });
});

describe('A11: user metadata', () => {
  it('is sent with unchanged lists of texts', async () => {
    const { twelveLabs, received, call } = await serveTwelveLabs(() => undefined);
    const userMetadata = { tags: ['a', 'b'], season: 2026 };
    await twelveLabs.openSession({ ...request, options: { userMetadata } }, call);
    expect(received[0]?.body).toMatchObject({ user_metadata: userMetadata });
  });
});
