import { describe, expect, it } from 'vitest';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import { baseUrl, etag, failureOf, scriptTwelveLabs, session } from './scripted.ts';

const proof = (index: number): ChunkProof => ({ index, sizeBytes: 100, proof: etag, md5: etag });
const proofs = (count: number) => Array.from({ length: count }, (_, i) => proof(i + 1));
const sessionUrl = `${baseUrl}/assets/multipart-uploads/u%2F1`;

describe('a report', () => {
  const receipt = { processed_chunks: 2, duplicate_chunks: 0, total_completed: 2 };

  it('holds index, proof, type and size of each chunk', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({ json: receipt }));
    await twelveLabs.reportProofs(session, [proof(3), proof(20)], call);
    expect(sent).toMatchObject([
      {
        method: 'POST',
        url: sessionUrl,
        body: {
          completed_chunks: [
            { chunk_index: 3, proof: etag, proof_type: 'etag', chunk_size: 100 },
            { chunk_index: 20, proof: etag, proof_type: 'etag', chunk_size: 100 },
          ],
        },
      },
    ]);
  });

  it.each([
    [receipt, { accepted: 2, duplicates: 0, complete: false }],
    [
      { ...receipt, total_completed: 20 },
      { accepted: 2, duplicates: 0, complete: true },
    ],
    [
      { ...receipt, url: 'https://x/y' },
      { accepted: 2, duplicates: 0, complete: true },
    ],
    [
      { ...receipt, url: null },
      { accepted: 2, duplicates: 0, complete: false },
    ],
    [{ total_completed: 5 }, { accepted: 0, duplicates: 0, complete: false }],
    [
      { duplicate_chunks: 2, total_completed: 20 },
      { accepted: 0, duplicates: 2, complete: true },
    ],
  ])('with the reply %j is read as %j', async (json, expected) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    expect(await twelveLabs.reportProofs(session, proofs(2), call)).toEqual(expected);
  });

  it.each([
    ['total_completed', { ...receipt, total_completed: undefined }, 2],
    ['total_completed', { ...receipt, total_completed: 'all' }, 2],
    ['processed_chunks', { ...receipt, processed_chunks: -1 }, 0],
    ['processed_chunks', { ...receipt, processed_chunks: null }, 0],
    ['duplicate_chunks', { ...receipt, duplicate_chunks: 'none' }, 2],
    ['url', { ...receipt, url: {} }, 2],
  ])('with an odd %s in the reply is read without it: %j', async (_, json, accepted) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const read = await twelveLabs.reportProofs(session, proofs(2), call);
    expect(read).toEqual({ accepted, duplicates: 0, complete: false });
  });

  it.each([
    { ...receipt, processed_chunks: 20 },
    { ...receipt, processed_chunks: 2, duplicate_chunks: 2 },
  ])('with the reply %j counts at most the reported chunks', async (json) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    const { accepted, duplicates } = await twelveLabs.reportProofs(session, proofs(2), call);
    expect(accepted + duplicates).toBe(2);
  });

  it.each(['[]', 'null', '"ok"', ''])(
    'with the reply %j, which is not an object, is retryable',
    async (text) => {
      const { twelveLabs, call } = scriptTwelveLabs(() => ({ text }));
      const error = await failureOf(twelveLabs.reportProofs(session, proofs(2), call));
      expect(error).toMatchObject({ name: 'ServiceUnavailableError', origin: 'service' });
    },
  );

  it.each([0, 51])('of %i proofs is not sent', async (count) => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({ json: receipt }));
    const error = await failureOf(twelveLabs.reportProofs(session, proofs(count), call));
    expect([error.name, sent.length]).toEqual(['InvalidInputError', 0]);
  });

  it('of 50 proofs is one call', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({ json: receipt }));
    await twelveLabs.reportProofs(session, proofs(50), call);
    expect(sent).toHaveLength(1);
  });
});

describe("a session's status", () => {
  it('is requested with one short page', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({ json: { status: 'active' } }));
    await twelveLabs.sessionStatus(session, call);
    expect(sent.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', `${sessionUrl}?page=1&page_limit=1`, undefined],
    ]);
  });

  it.each(['active', 'completed', 'failed', 'expired'])('may be %s', async (status) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json: { status } }));
    expect((await twelveLabs.sessionStatus(session, call)).phase).toBe(status);
  });

  it.each([
    [
      { chunks_completed: 3, chunks_pending: 17, chunks_failed: 0 },
      { completed: 3, pending: 17, failed: 0 },
    ],
    [{ chunks_completed: 20 }, { completed: 20, pending: 0, failed: 0 }],
    [{ chunks_pending: 0 }, { completed: 0, pending: 0, failed: 0 }],
    [
      { chunks_completed: '3', chunks_pending: null },
      { completed: 3, pending: 0, failed: 0 },
    ],
    [{ chunks_completed: 3, chunks_pending: 'some' }, undefined],
    [{ chunks_completed: null }, undefined],
    [{}, undefined],
  ])('with the wire counts %j has the counts %j', async (counts, expected) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({
      json: { status: 'active', ...counts },
    }));
    expect((await twelveLabs.sessionStatus(session, call)).counts).toEqual(expected);
  });

  it.each([
    [404, { code: 'resource_not_exist', message: 'no such upload' }],
    [400, { code: 'resource_not_exist', message: 'no such upload' }],
    [400, { code: 'parameter_invalid', message: 'upload session has expired' }],
    [410, {}],
  ])('with the reply %i %j is expired', async (status, json) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status, json }));
    expect(await twelveLabs.sessionStatus(session, call)).toMatchObject({ phase: 'expired' });
  });

  it.each(['finalizing', 'napping', '', null, undefined, 7, ['completed']])(
    'of %j, which no document lists, means busy',
    async (status) => {
      const { twelveLabs, call } = scriptTwelveLabs(() => ({ json: { status } }));
      expect((await twelveLabs.sessionStatus(session, call)).phase).toBe('busy');
    },
  );

  it.each(['Completed', 'COMPLETED', ' completed '])('of %j is a known status', async (status) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json: { status } }));
    expect((await twelveLabs.sessionStatus(session, call)).phase).toBe('completed');
  });

  it.each([
    [{ error: 'disk full' }, 'disk full'],
    [{ error: { code: 'x', message: 'y' } }, 'x: y'],
    [{ reason: 'merge failed' }, 'merge failed'],
    [{ error: null }, undefined],
  ])('with %j has the reason %j', async (fields, reason) => {
    const json = { status: 'failed', ...fields };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json }));
    expect((await twelveLabs.sessionStatus(session, call)).reason).toBe(reason);
  });
});

describe('an asset', () => {
  it.each([
    [{ status: 'ready' }, { phase: 'ready' }],
    [{ status: 'processing' }, { phase: 'processing' }],
    [{ status: 'waiting' }, { phase: 'processing' }],
    [
      { status: 'failed', error: { message: 'video_resolution_too_low' } },
      { phase: 'failed', reason: 'video_resolution_too_low' },
    ],
    [{ status: 'failed', error: null }, { phase: 'failed' }],
    [{ status: 'failed' }, { phase: 'failed' }],
    [{ status: 'READY' }, { phase: 'ready' }],
    [{ status: 'queued' }, { phase: 'processing' }],
    [{ status: 'validating' }, { phase: 'processing' }],
    [{ status: null }, { phase: 'processing' }],
    [{}, { phase: 'processing' }],
  ])('with the reply %j is %j', async (json, expected) => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({ json }));
    expect(await twelveLabs.assetStatus('a/1', call)).toEqual(expected);
    expect(sent[0]?.url).toBe(`${baseUrl}/assets/a%2F1`);
  });

  it.each([
    [404, ''],
    [404, '{"code":"resource_not_exist","message":"gone"}'],
    [400, '{"code":"resource_not_exist","message":"gone"}'],
  ])('with the reply %i %s is missing', async (status, text) => {
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status, text }));
    expect((await twelveLabs.assetStatus('a1', call)).phase).toBe('missing');
  });

  it('of another account is rejected', async () => {
    const json = { code: 'read_not_allowed', message: 'not yours' };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ status: 403, json }));
    expect((await failureOf(twelveLabs.assetStatus('a1', call))).name).toBe('RequestRejectedError');
  });
});

describe('the unfinished sessions', () => {
  const item = (n: number) => ({
    upload_id: `u${n}`,
    status: 'active',
    total_size: 0,
    chunk_size: 5,
    total_chunks: 0,
    created_at: '2026-11-20T00:00:00Z',
    expires_at: '2026-11-21T00:00:00Z',
  });

  it('are read page by page until the last', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs((_, n) => ({
      json: { data: [item(n)], page_info: { total_page: 2, page: n } },
    }));
    const { sessions, truncated } = await twelveLabs.listUnfinished(call);
    expect([sessions.map(({ uploadId }) => uploadId), truncated]).toEqual([['u1', 'u2'], false]);
    expect(sessions[0]?.createdAt).toBe(Date.UTC(2026, 10, 20));
    expect(sent.map(({ url }) => url)).toEqual(
      [1, 2].map((page) => `${baseUrl}/assets/multipart-uploads?page=${page}&page_limit=50`),
    );
  });

  it('may lack every field that is not used', async () => {
    const data = [
      { upload_id: 'u1' },
      { upload_id: null },
      'odd',
      { upload_id: 'u2', total_size: 5 },
    ];
    const { twelveLabs, call } = scriptTwelveLabs((_, n) => ({
      json: { data: n === 1 ? data : null },
    }));
    const { sessions } = await twelveLabs.listUnfinished(call);
    expect(sessions).toEqual([
      { uploadId: 'u1', sizeBytes: 0 },
      { uploadId: 'u2', sizeBytes: 5 },
    ]);
  });

  it('end with an empty page if the service counts no pages', async () => {
    const { twelveLabs, call } = scriptTwelveLabs((_, n) => ({
      json: { data: n < 3 ? [item(n)] : [], page_info: {} },
    }));
    expect((await twelveLabs.listUnfinished(call)).sessions).toHaveLength(2);
  });

  it('are marked as truncated after too many pages', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs((_, n) => ({
      json: { data: [item(n)], page_info: { total_page: 999 } },
    }));
    expect((await twelveLabs.listUnfinished(call)).truncated).toBe(true);
    expect(sent).toHaveLength(20);
  });
});
