import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  call,
  create,
  freshUrl,
  md5,
  open,
  proofOf,
  put,
  report,
  simulator,
  size,
  startBeforeEach,
  status,
  uploads,
} from './twelvelabs-wire.ts';

startBeforeEach();

describe('scripted faults', () => {
  it('apply once, to the chunk that they target', async () => {
    simulator.faults.add({ on: 'put', chunk: 2, kind: 'status', status: 503 });
    const { id, urls } = await open(2);
    const codes = [await put(urls[1]), await put(urls[2]), await put(await freshUrl(id, 2))];
    expect(codes.map((reply) => reply.status)).toEqual([200, 503, 200]);
    expect(simulator.faults.pending()).toEqual([]);
  });

  it('apply to the n-th call, the given number of times', async () => {
    simulator.faults.add({ on: 'list', kind: 'status', status: 500, nth: 2, times: 2 });
    const codes: number[] = [];
    for (let i = 0; i < 4; i += 1) codes.push((await call('GET', uploads)).status);
    expect(codes).toEqual([200, 500, 500, 200]);
  });

  it('apply in the order of their addition', async () => {
    simulator.faults.add(
      { on: 'list', kind: 'html' },
      { on: 'list', kind: 'throttle', retryAfter: 7 },
    );
    const [first, second] = [await call('GET', uploads), await call('GET', uploads)];
    expect([first.status, second.status]).toEqual([502, 429]);
    expect(first.body).toContain('<html>');
    expect(second.headers.get('retry-after')).toBe('7');
    expect(second.body.code).toBe('too_many_requests');
  });

  it('lose a reply after a chunk was stored', async () => {
    simulator.faults.add({ on: 'put', kind: 'lost-reply' });
    const { urls } = await open(1);
    const bytes = randomBytes(size);
    await expect(put(urls[1], bytes)).rejects.toThrow('fetch failed');
    expect(simulator.sessions()[0]?.chunks[0]?.stored?.md5).toBe(md5(bytes));
    expect(simulator.calls.of('put')[0]).toMatchObject({ status: 0, fault: 'lost-reply' });
  });

  it('lose a reply after a report was accepted', async () => {
    const { id, urls } = await open(2);
    const { etag } = await put(urls[1]);
    simulator.faults.add({ on: 'report', kind: 'lost-reply' });
    await expect(report(id, proofOf(1, etag))).rejects.toThrow('fetch failed');
    expect((await report(id, proofOf(1, etag))).body.duplicate_chunks).toBe(1);
  });

  it('fail after the effect with afterEffect', async () => {
    simulator.faults.add({ on: 'create', kind: 'status', status: 500, afterEffect: true });
    expect((await create(1)).status).toBe(500);
    expect(simulator.sessions()).toHaveLength(1);
  });

  it('reset a connection before the effect', async () => {
    simulator.faults.add({ on: 'create', kind: 'reset' });
    await expect(create(1)).rejects.toThrow('fetch failed');
    expect(simulator.sessions()).toEqual([]);
  });

  it('leave a stalled request without an answer', async () => {
    simulator.faults.add({ on: 'create', kind: 'stall' });
    const unanswered = create(1).catch((error: Error) => error.message);
    await expect.poll(() => simulator.calls.count('create')).toBe(1);
    await simulator.close();
    expect(await unanswered).toBe('fetch failed');
    expect(simulator.sessions()).toEqual([]);
  });

  it('read a part of the body when a PUT stalls', async () => {
    simulator.faults.add({ on: 'put', kind: 'stall', afterBytes: 1 });
    const { urls } = await open(1);
    const aborter = new AbortController();
    const body = new Uint8Array(size);
    const stalled = fetch(urls[1] ?? '', { method: 'PUT', body, signal: aborter.signal });
    await expect.poll(() => simulator.calls.of('put')[0]?.bytes).toBeGreaterThan(0);
    aborter.abort();
    await expect(stalled).rejects.toThrow('aborted');
    expect(simulator.sessions()[0]?.chunks[0]?.stored).toBeUndefined();
  });

  it('change a byte and return the ETag of the stored bytes', async () => {
    simulator.faults.add({ on: 'put', kind: 'corrupt' });
    const { urls } = await open(1);
    const bytes = randomBytes(size);
    const { etag } = await put(urls[1], bytes);
    expect(etag).toBe(simulator.sessions()[0]?.chunks[0]?.stored?.md5);
    expect(etag).not.toBe(md5(bytes));
  });

  it.each(['expired-url', 'used-url'] as const)('reject a PUT with %s', async (kind) => {
    simulator.faults.add({ on: 'put', kind });
    const { urls } = await open(1);
    expect((await put(urls[1])).text).toContain('AccessDenied');
  });

  it('leave a reported chunk pending, or mark it as failed', async () => {
    const { id, urls } = await open(2);
    const proofs = [proofOf(1, (await put(urls[1])).etag), proofOf(2, (await put(urls[2])).etag)];
    simulator.faults.add(
      { on: 'report', chunk: 1, kind: 'drop-report' },
      { on: 'report', chunk: 2, kind: 'fail-chunk', error: 'It was lost.' },
    );
    expect((await report(id, ...proofs)).body.processed_chunks).toBe(2);
    expect(await status(id)).toMatchObject({ chunks_pending: 1, chunks_completed: 1 });
    await report(id, ...proofs);
    expect((await status(id)).chunks_failed).toBe(0);
  });

  it('run a callback during the request', async () => {
    const { id, urls } = await open(1);
    simulator.faults.add({
      on: 'put',
      kind: 'callback',
      act: ({ uploadId }) => simulator.expireSession(uploadId ?? ''),
    });
    expect((await put(urls[1])).status).toBe(404);
    expect((await status(id)).status).toBe('expired');
  });

  it('alter a reply', async () => {
    simulator.faults.add({
      on: 'create',
      kind: 'altered-reply',
      alter: ({ upload_id: _, ...rest }) => rest,
    });
    expect((await create(1)).body).not.toHaveProperty('upload_id');
  });

  it('throw for an operation that does not support the kind', () => {
    expect(() => simulator.faults.add({ on: 'create', kind: 'corrupt' })).toThrow('create');
  });
});
