import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxReplyBytes } from '#src/core/limits/limits.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent, type HttpAgent } from '#src/http/undici.ts';
import { systemClock } from '#src/system/system-clock.ts';
import { readerOf } from '../../aws/s3/s3-fixture.ts';
import { nearlyValidReplies, rawReplies } from './inputs/raw-replies.ts';
import { fuzz } from './support/fuzz.ts';
import { heapMiB } from './support/heap.ts';
import { openRawServer, type RawReply, type RawServer } from './support/raw-server.ts';
import { classify } from './support/result.ts';

/** The reply timeout of the client, in ms. */
const patienceMs = 150;

let server: RawServer;
let agent: HttpAgent;
let transport: Transport;
let s3: { reader: SourceReader; close(): Promise<void> };
beforeAll(async () => {
  server = await openRawServer();
  agent = createAgent({ headersTimeoutMs: patienceMs, bodyTimeoutMs: patienceMs });
  transport = createTransport({ agent, clock: systemClock, replyTimeoutMs: patienceMs });
  s3 = readerOf(server.origin, undefined, patienceMs);
});
afterAll(async () => {
  await closeAgent(agent);
  await s3.close();
  await server.close();
});

const { signal } = new AbortController();

function exchange(replyTimeoutMs = patienceMs) {
  const url = `${server.origin}/x`;
  return transport.send({ method: 'GET', url, headers: {}, signal, replyTimeoutMs });
}

/** A megabyte takes longer than a short reply on a busy machine: the size must end it, not the time. */
const exchangeInTime = () => exchange(30_000);

async function tryReply(reply: RawReply): Promise<string | undefined> {
  server.reply = reply;
  const result = await classify(() => exchange());
  if (result.kind === 'rejected') return result.error.name;
  const { status, text, headers } = result.value;
  expect(Number.isInteger(status)).toBe(true);
  expect(text.length).toBeLessThanOrEqual(maxReplyBytes);
  for (const value of Object.values(headers)) expect(typeof value).toBe('string');
  return undefined;
}

const source = { bucket: 'films', key: 'film.mp4', etag: 'e', sizeBytes: 5 };

async function readSource(): Promise<string> {
  const pieces: Uint8Array[] = [];
  const range = { start: 0, endInclusive: 4 };
  for await (const piece of s3.reader.read(source, range, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

/** Expects five bytes or an error, with any head. The chunk's MD5 checks the bytes later. */
async function tryRead(reply: RawReply): Promise<string | undefined> {
  server.reply = reply;
  const result = await classify(readSource);
  if (result.kind === 'rejected') return result.error.name;
  expect(result.value).toHaveLength(5);
  return undefined;
}

describe('malformed HTTP', () => {
  it('of the service ends in a reply or a named error', async () => {
    await fuzz('raw replies', rawReplies, tryReply);
  });

  it('of S3 ends in exactly the requested range or in a named error', async () => {
    await fuzz(
      "S3's ranged reads",
      fc.oneof(nearlyValidReplies, nearlyValidReplies, rawReplies),
      tryRead,
    );
  });
});

describe('a reply without end', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n';
  const piece = Buffer.alloc(64 * 1024, 'x');

  it('is cut off at the maximum size and not stored', async () => {
    server.reply = { pieces: [head, piece], after: 'endless' };
    server.sentBytes = 0;
    const before = heapMiB();
    for (let i = 0; i < 10; i++) {
      const result = await classify(exchangeInTime);
      expect(result).toMatchObject({ kind: 'rejected', error: { name: 'NetworkError' } });
    }
    expect(heapMiB() - before).toBeLessThan(16);
    // Socket buffers on both sides hold additional bytes.
    expect(server.sentBytes / 10).toBeLessThan(maxReplyBytes + 16 * 1024 * 1024);
  });

  it('is cut off although it declares its length', async () => {
    const declaredLength = `HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 40}\r\n\r\n`;
    server.reply = { pieces: [declaredLength, piece], after: 'endless' };
    const result = await classify(exchangeInTime);
    expect(result).toMatchObject({ kind: 'rejected', error: { name: 'NetworkError' } });
  });

  it('of S3 is cut off at the end of the range', async () => {
    const range = 'HTTP/1.1 206 P\r\nETag: "e"\r\nContent-Range: bytes 0-4/5\r\n\r\n';
    server.reply = { pieces: [range, piece], after: 'endless' };
    const result = await classify(readSource);
    expect(result).toMatchObject({ kind: 'rejected', error: { name: 'TruncatedReadError' } });
  });
});

describe('a slow reply', () => {
  it.each([
    ['no byte', []],
    ['half a head', ['HTTP/1.1 200 OK\r\nContent-']],
    ['half a body', ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf']],
  ])('is aborted by name: %s', async (_, pieces) => {
    server.reply = { pieces, after: 'stay' };
    const result = await classify(() => exchange());
    expect(result).toMatchObject({ kind: 'rejected', error: { name: 'RequestTimeoutError' } });
  });

  it('is aborted as a whole although single bytes arrive', async () => {
    const result = await classify(() => dripping());
    expect(result).toMatchObject({ kind: 'rejected', error: { name: 'RequestTimeoutError' } });
  });
});

/** Requests a reply whose bytes arrive within the idle timeout and never end. */
async function dripping() {
  const drop = 'HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n';
  server.reply = { pieces: [drop, 'x'], after: 'endless' };
  const slow = createTransport({
    agent,
    clock: systemClock,
    replyTimeoutMs: 40,
    maxReplyBytes: 1e9,
  });
  return slow.send({ method: 'GET', url: `${server.origin}/x`, headers: {}, signal });
}
