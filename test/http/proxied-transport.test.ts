import { createHash } from 'node:crypto';
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { wasNeverSent } from '#src/http/network-failure.ts';
import { createConnectGuard } from '#src/http/public-addresses.ts';
import {
  echo,
  startPlainServer,
  startProxy,
  startTlsServer,
  transportIn,
  trustTestCa,
} from './proxies.ts';
import { canary, failureOf, source } from './served-transport.ts';

const guard = createConnectGuard({ baseUrl: 'https://api.test/v1.3', mayBePrivate: false });

/** A resolver that resolves no name. */
const nothing: net.LookupFunction = (_host, _options, callback) =>
  callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '');

describe('HTTPS_PROXY', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])(
    '%s: requests reach the service and the upload host',
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

  it('uses http for a proxy without a scheme', async () => {
    trustTestCa();
    const target = await startTlsServer(echo);
    const proxy = await startProxy({ target });
    const send = transportIn({ HTTPS_PROXY: `127.0.0.1:${proxy.port}` });
    expect((await send('https://api.test:8443/')).status).toBe(200);
    expect(proxy.tunnels).toEqual(['api.test:8443']);
  });

  it('sends its credentials only to the proxy', async () => {
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

  it('keeps a tunnel for the next request', async () => {
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
    'the guard still rejects an upload host with the address %s',
    async (host) => {
      const target = await startTlsServer(echo);
      const proxy = await startProxy({ target });
      const send = transportIn({ HTTPS_PROXY: proxy.url }, { guard });
      expect((await failureOf(send(`https://${host}/`))).name).toBe('UploadHostRejectedError');
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
  ])('%s: connects directly to upload.test, with the guard', async (noProxy) => {
    const target = await startTlsServer(echo);
    const proxy = await startProxy({ target });
    const send = transportIn(
      { HTTPS_PROXY: proxy.url, NO_PROXY: noProxy },
      { guard: { checkHost: () => {}, lookup: nothing } },
    );
    const error = await failureOf(send('https://upload.test/'));
    expect(error.message).toBe(
      'GET upload.test: the host name does not resolve (ENOTFOUND). NO_PROXY lists it, so the proxy is not used. If the proxy can resolve it, remove it from NO_PROXY.',
    );
    expect([proxy.tunnels, wasNeverSent(error)]).toEqual([[], true]);
  });

  it.each(['127.0.0.1', 'localhost'])(
    'does not need to list %s, where emulators listen',
    async (host) => {
      const server = await startPlainServer(echo);
      const proxy = await startProxy({ target: server });
      const send = transportIn({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
      expect((await send(`http://${host}:${server.port}/`)).status).toBe(200);
      expect([proxy.tunnels, proxy.forwarded]).toEqual([[], []]);
    },
  );
});

describe('an unresolvable host without a proxy', () => {
  const blind = { guard: { checkHost: () => {}, lookup: nothing } };

  it.each([{ HTTP_PROXY: 'http://127.0.0.1:9' }, {}])('advises to set a proxy: %j', async (env) => {
    const send = transportIn(env as Record<string, string>, blind);
    const error = await failureOf(send('https://api.test/'));
    expect(error.message).toBe(
      'GET api.test: the host name does not resolve (ENOTFOUND). If this network needs a proxy, set HTTPS_PROXY.',
    );
  });
});

describe('HTTP_PROXY', () => {
  it('forwards http requests by their absolute URL', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target });
    const send = transportIn({ HTTP_PROXY: proxy.url }, { guard });
    const { request } = source(3);
    const reply = await send('http://store.test/a/../b?x=%2F', { ...request, method: 'PUT' });
    expect(reply.text).toMatch(/^store\.test /);
    expect(proxy.forwarded).toEqual(['http://store.test/a/../b?x=%2F']);
  });

  it('is not used for https', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target });
    const error = await failureOf(transportIn({ HTTP_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toMatch(/^GET api\.test: the host name does not resolve/);
    expect([proxy.tunnels, proxy.forwarded]).toEqual([[], []]);
  });

  it('reports missing credentials for a 407', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target, rejectWith: 407 });
    const error = await failureOf(transportIn({ HTTP_PROXY: proxy.url })('http://store.test/'));
    expect(error.name).toBe('ConfigurationError');
    expect(error.message).toMatch(/^GET store\.test: the proxy requires credentials \(407\)\./);
  });

  it('is named if it is unreachable', async () => {
    const target = await startPlainServer(echo);
    const proxy = await startProxy({ target });
    await proxy.close();
    const error = await failureOf(transportIn({ HTTP_PROXY: proxy.url })('http://store.test/'));
    expect(error.message).toBe(
      `GET store.test: the proxy 127.0.0.1:${proxy.port} is not reachable (ECONNREFUSED)`,
    );
    expect(wasNeverSent(error)).toBe(true);
  });
});
