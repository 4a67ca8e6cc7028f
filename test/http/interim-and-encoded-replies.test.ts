import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { systemClock } from '#src/system/system-clock.ts';
import { ManualClock } from '../harness/clock.ts';
import { failureOf, kib64, serveTransport, source } from './served-transport.ts';

/** Starts a server that writes raw bytes after a whole request, or at once. */
async function serveRaw(
  reply: (socket: Socket, count: number) => void,
  when: 'head' | 'end' = 'end',
) {
  let connections = 0;
  let requests = 0;
  const server = createServer((socket) => {
    connections++;
    onEachRequest(socket, when, () => reply(socket, ++requests));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = createAgent({ connectionsPerOrigin: 1 });
  onTestFinished(async () => {
    await closeAgent(agent);
    server.close();
  });
  const transport = createTransport({ agent, clock: systemClock });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const signal = AbortSignal.timeout(8_000);
  return {
    connections: () => connections,
    send: (request: Partial<HttpRequest> = {}) =>
      transport.send({ method: 'GET', url, headers: {}, signal, ...request }),
  };
}

/** Calls `answer` once for each request on a socket: after its head or at its end. */
function onEachRequest(socket: Socket, when: 'head' | 'end', answer: () => void): void {
  let received = Buffer.alloc(0);
  let isAnswered = false;
  socket.on('error', () => {});
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data]);
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(received.toString('latin1'))?.[1] ?? 0);
    const isWhole = received.length >= end + 4 + length;
    if (!isAnswered && (isWhole || when === 'head')) answer();
    isAnswered = !isWhole && when === 'head';
    if (isWhole) received = received.subarray(end + 4 + length);
  });
}

const final = 'HTTP/1.1 200 OK\r\netag: "e"\r\ncontent-length: 2\r\n\r\nok';
const unrequested = 'HTTP/1.1 100 Continue\r\n\r\n';

const put = (pieces = 3) => {
  const { method, headers, body } = source(pieces).request;
  return { method, headers, body };
};

describe('an unrequested interim reply', () => {
  it.each([
    ['100 before the final reply', unrequested],
    ['100 twice', unrequested + unrequested],
    ['100 with fields', 'HTTP/1.1 100 Continue\r\ndate: now\r\nx-a: b\r\n\r\n'],
    ['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['103 with links', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    ['100, 102 and 103', `${unrequested}HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\n`],
  ])('is ignored: %s', async (_what, interim) => {
    const { send, connections } = await serveRaw((socket) => socket.write(interim + final));
    const replies = [await send({ method: 'POST', body: '{}' }), await send(put()), await send()];
    expect(replies.map(({ status, text }) => `${status} ${text}`)).toEqual([
      '200 ok',
      '200 ok',
      '200 ok',
    ]);
    expect(replies[1]?.headers.etag).toBe('"e"');
    expect(connections()).toBe(1);
  });

  it('is ignored while the body is sent', async () => {
    const { send } = await serveRaw((socket) => {
      socket.write(unrequested);
      void setTimeout(100).then(() => socket.write(final));
    }, 'head');
    expect((await send(put(1))).status).toBe(200);
  });

  it('is ignored if it arrives byte by byte', async () => {
    const { send } = await serveRaw(async (socket) => {
      socket.setNoDelay();
      for (const byte of unrequested + final) {
        socket.write(byte);
        await setTimeout(1);
      }
    });
    expect((await send(put())).text).toBe('ok');
  });

  it('stays in a body that looks like an interim reply', async () => {
    const body = unrequested + unrequested;
    const { send } = await serveRaw((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
    );
    expect((await send()).text).toBe(body);
  });

  it('in HTTP/1.0 ends the connection with a network error', async () => {
    const { send } = await serveRaw((socket) =>
      socket.write(`HTTP/1.0 100 Continue\r\n\r\n${final}`),
    );
    const error = await failureOf(send());
    expect(error.message).toMatch(/: the reply is not valid HTTP\/1\.1 \(HTTPParserError\)$/);
  });

  it("without a final reply ends at the reply's time limit", async () => {
    const { send } = await serveRaw((socket) => socket.write(unrequested));
    const error = await failureOf(send({ ...put(), replyTimeoutMs: 200 }));
    expect(error.name).toBe('RequestTimeoutError');
  });
});

const text = JSON.stringify({ assets: Array.from({ length: 100 }, (_, id) => ({ id })) });

/** Sends a GET to a server that replies with these bytes in this encoding. */
async function sendEncoded(encoding: string, body: Uint8Array, maxReplyBytes?: number) {
  const { send } = await serveTransport(
    (_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body),
    { clock: new ManualClock(undefined, 'owner'), transport: { maxReplyBytes } },
  );
  return send();
}

describe('an encoded reply', () => {
  it.each<[string, Uint8Array]>([
    ['gzip', zlib.gzipSync(text)],
    ['x-gzip', zlib.gzipSync(text)],
    ['GZIP', zlib.gzipSync(text)],
    ['deflate', zlib.deflateSync(text)],
    ['deflate', zlib.deflateRawSync(text)],
    ['x-deflate', zlib.deflateSync(text)],
    ['br', zlib.brotliCompressSync(text)],
    ['zstd', zlib.zstdCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['', Buffer.from(text)],
    ['deflate, gzip', zlib.gzipSync(zlib.deflateSync(text))],
  ])('%j is decoded', async (encoding, body) => {
    expect((await sendEncoded(encoding, body)).text).toBe(text);
  });

  it('is decoded for an error status', async () => {
    const { send } = await serveTransport(
      (_, response) =>
        response
          .writeHead(403, { 'content-encoding': 'gzip' })
          .end(zlib.gzipSync('<Code>X</Code>')),
      { clock: new ManualClock(undefined, 'owner') },
    );
    expect(await send()).toMatchObject({ status: 403, text: '<Code>X</Code>' });
  });

  it('has an empty text without a body', async () => {
    expect((await sendEncoded('gzip', new Uint8Array())).text).toBe('');
  });

  it.each([
    ['gzip', zlib.gzipSync(Buffer.alloc(50_000_000))],
    [
      'br',
      zlib.brotliCompressSync(Buffer.alloc(50_000_000), {
        params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 },
      }),
    ],
    ['zstd', zlib.zstdCompressSync(Buffer.alloc(50_000_000))],
    ['deflate, gzip', zlib.gzipSync(zlib.deflateSync(Buffer.alloc(50_000_000)))],
  ])('in %j that would fill the memory is rejected', async (encoding, bomb) => {
    const error = await failureOf(sendEncoded(encoding, bomb));
    expect(error.name).toBe('NetworkError');
    expect(error.message).toMatch(
      /^GET \S+: the reply's (gzip|br|zstd|deflate) body decodes to more than 1048576 bytes$/,
    );
  });

  it.each([
    ['cut short', zlib.gzipSync(text).subarray(0, -8)],
    ['not gzip at all', Buffer.from(text)],
  ])('that is %s is a network error', async (_what, body) => {
    const error = await failureOf(sendEncoded('gzip', body));
    expect([error.name, error.disposition]).toEqual(['NetworkError', 'retry']);
    expect(error.message).toMatch(/: the reply's gzip body is damaged$/);
  });

  it.each(['UTF-8', 'utf-8', 'identity, x', 'none', 'aws-chunked', 'text/plain; charset=utf-8'])(
    'is read unchanged if its encoding is no registered one: %j',
    async (encoding) => {
      expect((await sendEncoded(encoding, Buffer.from(text))).text).toBe(text);
    },
  );

  it('is decoded by every supported encoding', async () => {
    expect((await sendEncoded('utf-8, gzip', zlib.gzipSync(text))).text).toBe(text);
  });

  it.each(['compress', 'gzip, dcz', 'gzip, gzip, gzip, gzip, gzip'])(
    'in %j is named as unsupported',
    async (encoding) => {
      const error = await failureOf(sendEncoded(encoding, zlib.gzipSync(text)));
      expect(error.message).toMatch(
        `the reply has the unsupported content encoding ${JSON.stringify(encoding)}`,
      );
    },
  );

  it('is also bounded before its decoding', async () => {
    const error = await failureOf(sendEncoded('gzip', kib64, 1_000));
    expect(error.message).toMatch(/: the reply exceeds 1000 bytes$/);
  });
});

describe('a reply whose body is optional', () => {
  const head = 'HTTP/1.1 200 OK\r\netag: "e"\r\n';

  it.each([
    ['is damaged', `${head}content-encoding: gzip\r\ncontent-length: 2\r\n\r\nok`],
    [
      'is in an unsupported encoding',
      `${head}content-encoding: dcz\r\ncontent-length: 2\r\n\r\nok`,
    ],
    ['is too large', `${head}content-length: 2000000\r\n\r\n${'x'.repeat(2_000_000)}`],
    ['ends early', `${head}content-length: 9\r\n\r\nok`],
    ['ends inside a chunk', `${head}transfer-encoding: chunked\r\n\r\n5\r\nok`],
  ])('counts by its headers if the body %s', async (_, raw) => {
    const { send } = await serveRaw((socket) => socket.end(raw));
    const reply = await send({ ...put(), bodyIsOptional: true });
    expect([reply.status, reply.headers.etag, reply.text]).toEqual([200, '"e"', '']);
  });

  it('counts by its headers if the body never arrives', async () => {
    const { send } = await serveRaw((socket) => socket.write(`${head}content-length: 9\r\n\r\n`));
    const reply = await send({ ...put(), bodyIsOptional: true, replyTimeoutMs: 200 });
    expect(reply.headers.etag).toBe('"e"');
  });

  it('needs its body if the status is an error', async () => {
    const { send } = await serveRaw((socket) =>
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nok'),
    );
    expect((await failureOf(send({ ...put(), bodyIsOptional: true }))).name).toBe('NetworkError');
  });

  it("ends with its caller's signal", async () => {
    const stop = new AbortController();
    const { send } = await serveRaw((socket) => {
      socket.write(`${head}content-length: 9\r\n\r\n`);
      setTimeout(50).then(() => stop.abort(new TransferError('FencedOutError', 'stop')));
    });
    const sending = send({ ...put(), bodyIsOptional: true, signal: stop.signal });
    expect((await failureOf(sending)).name).toBe('FencedOutError');
  });
});
