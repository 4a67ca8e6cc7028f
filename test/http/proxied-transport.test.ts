import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#src/config/system-clock.ts';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { wasNeverSent } from '#src/http/network-failure.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import { guardOf } from '#src/http/public-addresses.ts';
import { createTransport } from '#src/http/transport.ts';
import { type AgentOptions, closeAgent, createAgent } from '#src/http/undici.ts';
import { startPlainServer, startProxy, startTlsServer, trustTestCa } from './proxies.ts';
import { canary, failureOf, source } from './served-transport.ts';

/** Sends one request under this environment, as the deployed transport does. */
function transportIn(env: Record<string, string>, options: AgentOptions = {}) {
  const agent = createAgent(options, readProxies(env));
  onTestFinished(() => closeAgent(agent));
  const transport = createTransport({ agent, clock: systemClock });
  return (url: string, request: Partial<HttpRequest> = {}) =>
    transport.send({
      method: 'GET',
      url,
      headers: {},
      signal: AbortSignal.timeout(8_000),
      ...request,
    });
}

const guard = guardOf({ baseUrl: 'https://api.test/v1.3', mayBePrivate: false });

/** A resolver that knows no name. */
const nothing: net.LookupFunction = (_host, _options, callback) =>
  callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '');

const echo: RequestListener = (request, response) => {
  const hash = createHash('sha256');
  request.on('data', (data: Buffer) => hash.update(data));
  request.on('end', () => response.end(`${request.headers.host} ${hash.digest('hex')}`));
};

describe('through HTTPS_PROXY', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])(
    '%s: the service and the upload host are reached',
    async (name) => {
      trustTestCa();
      const target = await startTlsServer(echo);
      const proxy = await startProxy({ target });
      const send = transportIn({ [name]: proxy.url }, { guard });
      expect((await send('https://api.test/v1.3/assets')).text).toMatch(/^api\.test /);
      const { request } = source(40);
      const reply = await send(`https://upload.test/chunk?X-Amz-Signature=${canary}`, {
        method: 'PUT',
        headers: request.headers,
        body: request.body,
      });
      const bytes = createHash('sha256')
        .update(new Uint8Array(40 * 64 * 1024).fill(7))
        .digest('hex');
      expect(reply.text).toBe(`upload.test ${bytes}`);
      expect(proxy.tunnels).toEqual(['api.test:443', 'upload.test:443']);
    },
  );

  it('a proxy without a scheme is an http one', async () => {
    trustTestCa();
    const target = await startTlsServer(echo);
    const proxy = await startProxy({ target });
    const send = transportIn({ HTTPS_PROXY: `127.0.0.1:${proxy.port}` });
    expect((await send('https://api.test:8443/')).status).toBe(200);
    expect(proxy.tunnels).toEqual(['api.test:8443']);
  });

  it('credentials go to the proxy alone', async () => {
    trustTestCa();
    const seen: unknown[] = [];
    const target = await startTlsServer((request, response) => {
      seen.push(request.headers['proxy-authorization']);
      response.end();
    });
    const proxy = await startProxy({ target });
    const send = transportIn({ HTTPS_PROXY: proxy.url.replace('//', '//me:p%40ss@') });
    await send('https://api.test/');
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
    expect(seen).toEqual([undefined]);
  });

  it('a tunnel is kept for the next request', async () => {
    trustTestCa();
    const target = await startTlsServer(echo);
    const proxy = await startProxy({ target });
    const send = transportIn({ HTTPS_PROXY: proxy.url });
    await send('https://api.test/1');
    await setTimeout(20);
    await send('https://api.test/2');
    expect(proxy.tunnels).toEqual(['api.test:443']);
  });

  it.each(['204 No Content', '200'])('"%s" opens a tunnel', async (status) => {
    trustTestCa();
    const target = await startTlsServer(echo);
    const proxy = await startProxy({
      target,
      onConnect: (socket) => {
        socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
        socket.pipe(net.connect(target.port, '127.0.0.1')).pipe(socket);
      },
    });
    expect((await transportIn({ HTTPS_PROXY: proxy.url })('https://api.test/')).status).toBe(200);
  });

  it.each(['169.254.169.254', '10.0.0.7', '127.0.0.1', '[fd00:ec2::254]', '2130706433'])(
    'an upload host that is itself the address %s is refused as ever',
    async (host) => {
      const target = await startTlsServer(echo);
      const proxy = await startProxy({ target });
      const send = transportIn({ HTTPS_PROXY: proxy.url }, { guard });
      expect((await failureOf(send(`https://${host}/`))).name).toBe('UploadHostRefusedError');
      expect(proxy.tunnels).toEqual([]);
    },
  );
});

describe('NO_PROXY', () => {
  it.each([
    'upload.test',
    '.test',
    'test',
    '*.test',
    'other.test upload.test',
    '*',
    'UPLOAD.test:443',
  ])('%s: upload.test is reached directly, and guarded', async (noProxy) => {
    const target = await startTlsServer(echo);
    const proxy = await startProxy({ target });
    const send = transportIn(
      { HTTPS_PROXY: proxy.url, NO_PROXY: noProxy },
      { guard: { checkHost: () => {}, lookup: nothing } },
    );
    const error = await failureOf(send('https://upload.test/'));
    expect(error.message).toBe(
      'GET upload.test: the host name does not resolve (ENOTFOUND). NO_PROXY lists it, so the proxy is not asked. If the proxy knows it, take it off NO_PROXY.',
    );
    expect([proxy.tunnels, wasNeverSent(error)]).toEqual([[], true]);
  });

  it.each(['127.0.0.1', 'localhost'])(
    'is not needed for %s, where emulators listen',
    async (host) => {
      const server = await startPlainServer(echo);
      const proxy = await startProxy({ target: server });
      const send = transportIn({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
      expect((await send(`http://${host}:${server.port}/`)).status).toBe(200);
      expect([proxy.tunnels, proxy.forwarded]).toEqual([[], []]);
    },
  );
});

describe('a host without a proxy whose name does not resolve', () => {
  const blind = { guard: { checkHost: () => {}, lookup: nothing } };

  it.each([{ HTTP_PROXY: 'http://127.0.0.1:9' }, {}])('is told to set one: %j', async (env) => {
    const send = transportIn(env as Record<string, string>, blind);
    const error = await failureOf(send('https://api.test/'));
    expect(error.message).toBe(
      'GET api.test: the host name does not resolve (ENOTFOUND). If a proxy leads out of this network, set HTTPS_PROXY.',
    );
  });
});

describe('through HTTP_PROXY', () => {
  it('http servers are reached, by their absolute URL', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target });
    const send = transportIn({ HTTP_PROXY: proxy.url }, { guard });
    const { request } = source(3);
    const reply = await send('http://store.test/a/../b?x=%2F', { ...request, method: 'PUT' });
    expect(reply.text).toMatch(/^store\.test /);
    expect(proxy.forwarded).toEqual(['http://store.test/a/../b?x=%2F']);
  });

  it('https servers are not', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target });
    const error = await failureOf(transportIn({ HTTP_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toMatch(/^GET api\.test: the host name does not resolve/);
    expect([proxy.tunnels, proxy.forwarded]).toEqual([[], []]);
  });

  it('a 407 names the missing credentials', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target, refuseWith: 407 });
    const error = await failureOf(transportIn({ HTTP_PROXY: proxy.url })('http://store.test/'));
    expect(error.name).toBe('ConfigurationError');
    expect(error.message).toMatch(/^GET store\.test: the proxy asks for credentials \(407\)\./);
  });

  it('an unreachable proxy is named', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target });
    await proxy.close();
    const error = await failureOf(transportIn({ HTTP_PROXY: proxy.url })('http://store.test/'));
    expect(error.message).toBe(
      `GET store.test: the proxy 127.0.0.1:${proxy.port} can't be reached (ECONNREFUSED)`,
    );
    expect(wasNeverSent(error)).toBe(true);
  });
});

describe('a proxy that fails', () => {
  const proxyThat = async (onConnect?: (socket: Duplex) => void) => {
    const target = await startTlsServer(echo);
    return startProxy({ target, ...(onConnect && { onConnect }) });
  };

  it('by refusing connections is named, and nothing was sent', async () => {
    const proxy = await proxyThat();
    await proxy.close();
    const send = transportIn({ HTTPS_PROXY: proxy.url.replace('//', `//me:${canary}@`) });
    const error = await failureOf(send('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} can't be reached (ECONNREFUSED)`,
    );
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', true]);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(canary);
  });

  it('by an unknown name is named', async () => {
    const error = await failureOf(
      transportIn({ HTTPS_PROXY: 'http://proxy.invalid:3128' })('https://api.test/'),
    );
    expect(error.message).toMatch(
      /^GET api\.test: the proxy proxy\.invalid:3128 can't be reached \(E(NOTFOUND|AI_AGAIN)\)$/,
    );
  });

  it.each([403, 502, 503])('by answering %i is named with its status, once', async (status) => {
    const proxy = await proxyThat((socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} refused to open a tunnel (status ${status})`,
    );
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', true]);
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('by asking for credentials is final and says where they go', async () => {
    const proxy = await proxyThat((socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n'),
    );
    const send = transportIn({ HTTPS_PROXY: proxy.url.replace('//', `//me:${canary}@`) });
    const error = await failureOf(send('https://api.test/'));
    expect([error.name, error.disposition]).toEqual(['ConfigurationError', 'fail']);
    expect(error.message).toBe(
      `the proxy 127.0.0.1:${proxy.port} asks for credentials (407). Put them into HTTPS_PROXY or HTTP_PROXY: http://<user>:<password>@<host>:<port>.`,
    );
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(canary);
  });

  it('by hanging up is asked once, not in a loop (nodejs/undici#3897)', async () => {
    const proxy = await proxyThat((socket) => socket.destroy());
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} can't be reached (UND_ERR_SOCKET)`,
    );
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('by saying nothing is given up within the time of a connection', async () => {
    const proxy = await proxyThat(() => {});
    const send = transportIn({ HTTPS_PROXY: proxy.url }, { connectTimeoutMs: 300 });
    const error = await failureOf(send('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} can't be reached (UND_ERR_HEADERS_TIMEOUT)`,
    );
    expect(wasNeverSent(error)).toBe(true);
  });

  it('by inspecting TLS with a CA of its own names NODE_EXTRA_CA_CERTS', async () => {
    const proxy = await proxyThat();
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toBe(
      "GET api.test: the server's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE). If a proxy of this network inspects TLS, set NODE_EXTRA_CA_CERTS to its CA's file.",
    );
    expect(wasNeverSent(error)).toBe(true);
  });
});

describe('a server without a proxy', () => {
  it('whose certificate is not trusted is named', async () => {
    const { port } = await startTlsServer(echo);
    const error = await failureOf(transportIn({})(`https://localhost:${port}/`));
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    expect(wasNeverSent(error)).toBe(true);
  });

  it('whose certificate is for another host is named', async () => {
    trustTestCa();
    const target = await startTlsServer(echo);
    const proxy = await startProxy({ target });
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.other/'));
    expect(error.message).toBe(
      "GET api.other: the server's certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID)",
    );
  });

  it('that resets within the TLS handshake has got nothing', async () => {
    const server = net.createServer((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as net.AddressInfo;
    const error = await failureOf(transportIn({})(`https://127.0.0.1:${port}/`));
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', true]);
    expect(error.message).toBe(`GET 127.0.0.1:${port}: no connection (ECONNRESET)`);
  });
});
