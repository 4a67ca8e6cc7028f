import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import { unbroken } from '../conformance/direct-upload.ts';
import { answering, type WireService } from '../conformance/wire/wire.ts';
import { ManualClock } from '../harness/clock.ts';
import { openTus } from './service.ts';

const chunkSizeBytes = 64 * 1024;
const bytes = Buffer.from(Array.from({ length: 2 * chunkSizeBytes }, (_, i) => (i * 7) % 251));
const source = { bucket: 'films', key: 'film.mp4', etag: 'e1', sizeBytes: bytes.length };
const request = { source, kind: 'file', filename: 'film.mp4', options: {} };

/** The body of a chunk; it breaks after some bytes, if there are so many. */
function bodyOf(index: number, breaksAfter = Number.POSITIVE_INFINITY) {
  const { range } = chunkAt(index, bytes.length, chunkSizeBytes);
  const part = bytes.subarray(range.start, range.endInclusive + 1);
  const open = async function* () {
    for (let at = 0; at < part.length; at += 1024) {
      if (at >= breaksAfter) throw new Error('the source broke');
      yield part.subarray(at, at + 1024);
      // The server stores each piece before the next arrives.
      await new Promise(setImmediate);
    }
  };
  return { sizeBytes: part.length, open };
}

async function opened() {
  const service = await openTus(new ManualClock(), { chunkSizeBytes, maxBytes: 1024 * 1024 });
  const session = await service.destination.openSession(request, unbroken);
  const send = (index: number, breaksAfter?: number) =>
    service.destination.sendChunk(
      session,
      chunkAt(index, bytes.length, chunkSizeBytes),
      bodyOf(index, breaksAfter),
      unbroken,
    );
  return { service, session, send };
}

/** The lengths of the chunks that the adapter has offered, in order. */
function offered({ wire }: WireService): number[] {
  const patches = wire.exchanges.filter(({ request: { method } }) => method === 'PATCH');
  return patches.map(({ request: { headers } }) => Number(headers['content-length']));
}

/** Sends a chunk whose source breaks until the server holds some of its bytes: it may read none before the break. */
async function sendUntilHeldInPart(
  { baseUrl, secret }: WireService,
  { uploadId }: UploadSession,
  send: () => Promise<unknown>,
): Promise<void> {
  const headers = { authorization: `Bearer ${secret}`, 'tus-resumable': '1.0.0' };
  for (let tries = 0; tries < 20; tries++) {
    await expect(send()).rejects.toThrow('the source broke');
    const reply = await fetch(`${baseUrl}/${uploadId}`, { method: 'HEAD', headers });
    if (Number(reply.headers.get('upload-offset')) > chunkSizeBytes) return;
  }
  throw new Error('After 20 tries, the server holds no byte of the chunk.');
}

describe('a chunk that the server holds in part', () => {
  it('is completed by its other bytes', async () => {
    const { service, session, send } = await opened();
    await send(1);
    await sendUntilHeldInPart(service, session, () => send(2, 40 * 1024));
    await send(2);
    const rest = offered(service).at(-1);
    expect(rest).toBeGreaterThan(0);
    expect(rest).toBeLessThan(chunkSizeBytes);
    const { assetId } = await service.destination.finish(session, proofs, undefined, unbroken);
    expect(await service.storedSha256(assetId ?? '')).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
  });
});

const proofs = [1, 2].map((index) => ({ index, sizeBytes: chunkSizeBytes, proof: '', md5: '' }));

describe('an upload', () => {
  it('is deleted by an abort, and a second abort is no error', async () => {
    const { service, session, send } = await opened();
    const { destination } = service;
    await send(1);
    await destination.abortSession?.(session, unbroken);
    expect(await destination.sessionStatus(session, unbroken)).toMatchObject({ phase: 'expired' });
    await destination.abortSession?.(session, unbroken);
  });

  it('that is complete is not deleted by an abort', async () => {
    const { service, session, send } = await opened();
    await send(1);
    await send(2);
    await expect(service.destination.abortSession?.(session, unbroken)).rejects.toMatchObject({
      name: 'RequestRejectedError',
    });
    expect(await service.assetIds()).toEqual([session.uploadId]);
  });

  it('has the name, the content type and the metadata of its transfer', async () => {
    const { service } = await opened();
    await service.destination.openSession(
      {
        ...request,
        source: { ...source, contentType: 'video/mp4' },
        options: { uploadMetadata: { season: '2026' } },
      },
      unbroken,
    );
    const { headers } = service.wire.exchanges.at(-1)?.request ?? {};
    const pairs = (headers?.['upload-metadata'] ?? '').split(',').map((pair) => pair.split(' '));
    const read = pairs.map(([name, value = '']) => [name, Buffer.from(value, 'base64').toString()]);
    expect(Object.fromEntries(read)).toEqual({
      season: '2026',
      filename: 'film.mp4',
      filetype: 'video/mp4',
    });
  });

  it('is expired at a 404 of the server, and not at one of a gateway, which has no header of the protocol', async () => {
    const { service, session } = await opened();
    const ask = () => service.destination.sessionStatus(session, unbroken);
    service.wire.interception = answering(404, 'default backend - 404');
    await expect(ask()).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    service.wire.interception = (_, pass) => pass();
    await service.forgetSessions();
    expect(await ask()).toMatchObject({ phase: 'expired' });
  });

  it('at another server, or at no address, is not used: it would receive the token', async () => {
    const { service } = await opened();
    let location = '';
    service.wire.interception = async (_, pass) => {
      const reply = await pass();
      return { ...reply, headers: { ...reply.headers, location } };
    };
    for (location of ['https://other.example/files/1', 'https://:not-a-url'])
      await expect(service.destination.openSession(request, unbroken)).rejects.toMatchObject({
        name: 'ProtocolViolationError',
      });
  });
});
