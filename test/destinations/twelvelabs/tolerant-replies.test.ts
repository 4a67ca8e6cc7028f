import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { body, chunk, createdWith, failureOf, proof, request, session } from './scripted.ts';
import { onPut, type Reply, serveTwelveLabs } from './served.ts';

describe('A8: undocumented states', () => {
  it.each(['queued', 'validating', 'PROCESSING', '', null])(
    'leave an asset in processing: %j',
    async (status) => {
      const { twelveLabs, call } = await serveTwelveLabs(() => ({ json: { status } }));
      expect((await twelveLabs.assetStatus('a1', call)).phase).toBe('processing');
    },
  );

  it('leave a session and its chunks busy, until a known state arrives', async () => {
    const replies: Reply[] = [
      { json: { status: 'finalizing' } },
      { json: { status: 'active', uploaded_chunks: [{ index: 1, status: 'uploading' }] } },
      { json: { status: 'Completed' } },
    ];
    const { twelveLabs, call } = await serveTwelveLabs((_, count) => replies[count - 1]);
    expect((await twelveLabs.sessionStatus(session, call)).phase).toBe('busy');
    expect((await twelveLabs.chunkStates(session, 1, call)).states.get(1)).toBe('busy');
    expect((await twelveLabs.sessionStatus(session, call)).phase).toBe('completed');
  });
});

describe('A16: null and omitted fields', () => {
  it('are read as empty lists and zero counts', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(({ method, path }) => {
      if (method === 'POST') return { json: { processed_chunks: null } };
      return path.includes('multipart-uploads?')
        ? { json: { data: null } }
        : { json: { status: 'active', uploaded_chunks: null, chunks_completed: 2 } };
    });
    expect(await twelveLabs.reportProofs(session, [proof], call)).toEqual({
      accepted: 0,
      duplicates: 0,
      complete: false,
    });
    expect((await twelveLabs.sessionStatus(session, call)).counts).toEqual({
      completed: 2,
      pending: 0,
      failed: 0,
    });
    expect(await twelveLabs.chunkStates(session, 1, call)).toEqual({ states: new Map() });
    expect((await twelveLabs.listUnfinished(call)).sessions).toEqual([]);
  });

  it.each([
    ['a chunk count that is left out', { total_chunks: undefined }],
    ['a chunk count of null', { total_chunks: null }],
    ['numbers written as text', { total_chunks: '20', chunk_size: '5242880' }],
    ['nothing but what is needed', { upload_urls: null, upload_headers: null, expires_at: null }],
  ])('allow opening a session with %s', async (_, changes) => {
    const { twelveLabs, call } = await serveTwelveLabs(() => createdWith(changes));
    expect(await twelveLabs.openSession(request, call)).toMatchObject({
      chunkSizeBytes: 5_242_880,
      totalChunks: 20,
    });
  });

  it.each([
    ['chunk_size', { chunk_size: null }],
    ['upload_id', { upload_id: null }],
    ['asset_id', { asset_id: undefined }],
  ])('are rejected by name if they decide about bytes: %s', async (field, changes) => {
    const { twelveLabs, call } = await serveTwelveLabs(() => createdWith(changes));
    const error = await failureOf(twelveLabs.openSession(request, call));
    expect([error.name, error.message]).toEqual([
      'ProtocolViolationError',
      expect.stringContaining(`the field "${field}" does not match`),
    ]);
  });
});

describe('A19: a service in conflict, locked or temporarily unavailable', () => {
  it.each([408, 409, 423, 425, 500, 502, 503, 504, 507, 520, 529])(
    'returns %i, which is transient at the API and at the storage',
    async (status) => {
      const api = await serveTwelveLabs(() => ({ status, headers: { 'Retry-After': '7200' } }));
      const rejected = await failureOf(api.twelveLabs.prepareChunks(session, [1], api.call));
      const storage = await serveTwelveLabs(onPut({ status }));
      const unsent = await failureOf(
        storage.twelveLabs.sendChunk(session, chunk(1), body, storage.call),
      );
      const name = 'ServiceUnavailableError';
      expect(rejected).toMatchObject({ name, status, origin: 'service', retryAfterSeconds: 7200 });
      expect(unsent).toMatchObject({ name, status, origin: 'storage' });
    },
  );

  it.each([501, 505])('returns %i, which is final', async (status) => {
    const api = await serveTwelveLabs(() => ({ status }));
    const rejected = await failureOf(api.twelveLabs.sessionStatus(session, api.call));
    const storage = await serveTwelveLabs(onPut({ status }));
    const unsent = await failureOf(
      storage.twelveLabs.sendChunk(session, chunk(1), body, storage.call),
    );
    expect([rejected.name, unsent.name]).toEqual(['RequestRejectedError', 'UploadRejectedError']);
  });

  it('reports for openSession whether it created a session', async () => {
    const nameAt = async (status: number) => {
      const { twelveLabs, call } = await serveTwelveLabs(() => ({ status }));
      return (await failureOf(twelveLabs.openSession(request, call))).name;
    };
    const statuses = [429, 409, 423, 425, 503, 408, 500, 502, 504, 501];
    expect(await Promise.all(statuses.map(nameAt))).toEqual([
      'ThrottledError',
      ...Array(4).fill('ServiceUnavailableError'),
      ...Array(4).fill('CreateReplyLostError'),
      'RequestRejectedError',
    ]);
  });

  it('redirects the storage, and the error names the target host', async () => {
    const { twelveLabs, host, call } = await serveTwelveLabs(
      onPut({ status: 307, headers: { Location: 'https://cdn.example.test/CANARY?x=CANARY' } }),
    );
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect([error.name, error.message]).toEqual([
      'UploadRejectedError',
      `chunk 1 at ${host}: redirected (307) to cdn.example.test, which is not followed`,
    ]);
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });

  it('closes the connection: the error names the origin and retains its cause', async () => {
    const { twelveLabs, call } = await serveTwelveLabs(({ method, path }) =>
      method === 'PUT' || path.includes('/assets/a1') ? { close: true } : undefined,
    );
    const cause = expect.any(Error);
    const rejected = await failureOf(twelveLabs.assetStatus('a1', call));
    const unsent = await failureOf(twelveLabs.sendChunk(session, chunk(1), body, call));
    expect(rejected).toMatchObject({ name: 'NetworkError', origin: 'service', cause });
    expect(unsent).toMatchObject({ name: 'NetworkError', origin: 'storage', cause });
  });

  it('is unreachable: no request was sent, so the reply is not lost', async () => {
    const { twelveLabs, stop, call } = await serveTwelveLabs(() => undefined);
    await stop();
    const error = await failureOf(twelveLabs.openSession(request, call));
    expect(error).toMatchObject({ name: 'NetworkError', origin: 'service' });
  });
});

describe("A21: the service's reason for a failed asset", () => {
  it.each([
    ['video_resolution_too_low', 'video_resolution_too_low'],
    [{ message: 'too small' }, 'too small'],
    [{ code: 'resolution', message: 'too small' }, 'resolution: too small'],
    [{ code: 17 }, '17'],
    [{ detail: 'too small' }, 'too small'],
    [{ reason: 'too small', at: 3 }, 'too small'],
    [{ width: 64 }, '{"width":64}'],
    [['too small', { message: 'too short' }], 'too small; too short'],
    [404, '404'],
    [null, undefined],
    ['', undefined],
    [{}, undefined],
  ])('is shown in any form: %j', async (error, reason) => {
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      json: { status: 'failed', error },
    }));
    expect(await twelveLabs.assetStatus('a1', call)).toEqual({ phase: 'failed', reason });
  });

  it('is one bounded line without URLs or keys', async () => {
    const error = { message: `a\n${'z'.repeat(9999)}`, code: 'see https://x.test/CANARY' };
    const { twelveLabs, call } = await serveTwelveLabs(() => ({
      json: { status: 'failed', error },
    }));
    const { reason = '' } = await twelveLabs.assetStatus('a1', call);
    expect([reason.length, /CANARY|\n/.test(reason)]).toEqual([300, false]);
  });
});
