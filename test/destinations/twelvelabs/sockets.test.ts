import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { userAgent } from '#src/core/product.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent, type HttpAgent } from '#src/http/undici.ts';
import { ManualClock } from '../../harness/clock.ts';
import { type HttpServer, startServer } from '../../http/http-server.ts';
import { startPlainServer, startProxy } from '../../http/proxies.ts';
import {
  apiKey,
  bodyOf,
  chunk,
  etag,
  failureOf,
  fixedKey,
  request,
  session,
  silentLog,
} from './scripted.ts';

describe('over real sockets', () => {
  let server: HttpServer | undefined;
  let agent: HttpAgent | undefined;

  afterEach(async () => {
    if (agent) await closeAgent(agent);
    await server?.close();
  });

  type Put = (request: IncomingMessage, response: ServerResponse) => void;

  async function connectTo(put: Put) {
    const seen: { method?: string | undefined; headers: IncomingMessage['headers'] }[] = [];
    server = await startServer((request, response) => {
      seen.push({ method: request.method, headers: request.headers });
      if (request.method === 'PUT') return put(request, response);
      const url = `http://${request.headers.host}/c?X-Amz-Signature=CANARY${seen.length}`;
      request.resume().on('end', () => {
        response.end(JSON.stringify({ upload_urls: [{ chunk_index: 1, url }] }));
      });
    });
    agent = createAgent();
    const clock = new ManualClock(undefined, 'owner');
    const twelveLabs = createTwelveLabs({
      transport: createTransport({ agent, clock }),
      apiKey: fixedKey(apiKey),
      baseUrl: `${server.origin}/v1.3`,
      clock,
      log: silentLog,
    });
    return { twelveLabs, seen, call: { signal: new AbortController().signal } };
  }

  const big = bodyOf(...Array.from({ length: 128 }, (_, i) => new Uint8Array(65_536).fill(i)));

  it('sends a chunk byte for byte, with the headers of the session and without the key', async () => {
    const hash = createHash('sha256');
    const { twelveLabs, seen, call } = await connectTo((request, response) => {
      request.on('data', (data: Buffer) => hash.update(data));
      request.on('end', () => response.writeHead(200, { ETag: `"${etag}"` }).end());
    });
    const delivery = await twelveLabs.sendChunk(session, chunk(1), big, call);
    const expected = createHash('sha256');
    for await (const piece of big.open()) expected.update(piece);
    expect([delivery.proof, hash.digest('hex')]).toEqual([etag, expected.digest('hex')]);
    expect(seen[1]?.headers).toEqual({
      host: expect.any(String),
      connection: 'keep-alive',
      'content-type': 'application/octet-stream',
      'x-amz-acl': 'private',
      'user-agent': userAgent,
      'content-length': String(big.sizeBytes),
    });
  });

  it.each<[string, string, Put]>([
    ['rejected before it was read', 'PresignedUrlRejectedError', (_, r) => r.writeHead(403).end()],
    ['reset', 'NetworkError', (q) => q.once('data', () => q.socket.resetAndDestroy())],
    [
      'left without an answer',
      'NetworkError',
      (q) => q.resume().on('end', () => q.socket.destroy()),
    ],
  ])('a chunk that is %s causes a %s that shows no secret', async (_, name, put) => {
    const { twelveLabs, call } = await connectTo(put);
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), big, call));
    expect(error.name).toBe(name);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('CANARY');
  });

  it('throws an error of the source unchanged', async () => {
    const { twelveLabs, call } = await connectTo((request) => request.resume());
    const fault = new TransferError('TruncatedReadError', 'the source ended early');
    const broken = {
      sizeBytes: 1000,
      open: async function* () {
        yield new Uint8Array(10);
        throw fault;
      },
    };
    await expect(twelveLabs.sendChunk(session, chunk(1), broken, call)).rejects.toBe(fault);
  });

  it('names a proxy that requires credentials for openSession: no session was opened', async () => {
    const target = await startPlainServer((_, response) => response.end());
    const rejection = 'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n';
    const proxy = await startProxy({ target, onConnect: (socket) => void socket.end(rejection) });
    agent = createAgent({}, readProxies({ HTTPS_PROXY: proxy.url }));
    const clock = new ManualClock(undefined, 'owner');
    const twelveLabs = createTwelveLabs({
      transport: createTransport({ agent, clock }),
      apiKey: fixedKey(apiKey),
      baseUrl: 'https://api.test/v1.3',
      clock,
      log: silentLog,
    });
    const { signal } = new AbortController();
    const error = await failureOf(twelveLabs.openSession(request, { signal }));
    expect([error.name, error.message]).toEqual([
      'ConfigurationError',
      expect.stringContaining('requires credentials (407)'),
    ]);
  });

  it('follows no redirect of the API: the key goes to no other host', async () => {
    let received = 0;
    const otherServer = await startServer((_, response) => response.end(String(received++)));
    server = await startServer((request, response) => {
      request.resume();
      response.writeHead(307, { location: `${otherServer.origin}/v1.3/assets` }).end();
    });
    agent = createAgent();
    const clock = new ManualClock(undefined, 'owner');
    const twelveLabs = createTwelveLabs({
      transport: createTransport({ agent, clock }),
      apiKey: fixedKey(apiKey),
      baseUrl: `${server.origin}/v1.3`,
      clock,
      log: silentLog,
    });
    const { signal } = new AbortController();
    const error = await failureOf(twelveLabs.assetStatus('asset-1', { signal }));
    await otherServer.close();
    expect([error.name, received]).toEqual(['RequestRejectedError', 0]);
  });

  it('follows no redirect of the storage: the chunk goes to no other host', async () => {
    let received = 0;
    const otherServer = await startServer((_, response) => response.end(String(received++)));
    const { twelveLabs, call } = await connectTo((request, response) => {
      request.resume();
      response.writeHead(307, { location: `${otherServer.origin}/c` }).end();
    });
    const error = await failureOf(twelveLabs.sendChunk(session, chunk(1), big, call));
    await otherServer.close();
    expect([error.name, received]).toEqual(['UploadRejectedError', 0]);
  });
});
