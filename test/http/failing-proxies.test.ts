import net from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { wasNeverSent } from '#src/http/network-failure.ts';
import { echo, startProxy, startTlsServer, transportIn, trustTestCa } from './proxies.ts';
import { canary, failureOf } from './served-transport.ts';

describe('a proxy that fails', () => {
  const proxyThat = async (onConnect?: (socket: Duplex) => void) => {
    const target = await startTlsServer(echo);
    return startProxy({ target, ...(onConnect && { onConnect }) });
  };

  it('is named if it rejects connections, and nothing is sent', async () => {
    const proxy = await proxyThat();
    await proxy.close();
    const send = transportIn({ HTTPS_PROXY: proxy.url.replace('//', `//me:${canary}@`) });
    const error = await failureOf(send('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} is not reachable (ECONNREFUSED)`,
    );
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', true]);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(canary);
  });

  it('is named if its name does not resolve', async () => {
    const error = await failureOf(
      transportIn({ HTTPS_PROXY: 'http://proxy.invalid:3128' })('https://api.test/'),
    );
    expect(error.message).toMatch(
      /^GET api\.test: the proxy proxy\.invalid:3128 is not reachable \(E(NOTFOUND|AI_AGAIN)\)$/,
    );
  });

  it.each([403, 502, 503])('is named with its status %i, after one attempt', async (status) => {
    const proxy = await proxyThat((socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} did not open a tunnel (status ${status})`,
    );
    expect([error.name, wasNeverSent(error)]).toEqual(['NetworkError', true]);
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('causes a final error if it requires credentials', async () => {
    const proxy = await proxyThat((socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n'),
    );
    const send = transportIn({ HTTPS_PROXY: proxy.url.replace('//', `//me:${canary}@`) });
    const error = await failureOf(send('https://api.test/'));
    expect([error.name, error.disposition]).toEqual(['ConfigurationError', 'fail']);
    expect(error.message).toBe(
      `the proxy 127.0.0.1:${proxy.port} requires credentials (407). Set them in HTTPS_PROXY or HTTP_PROXY: http://<user>:<password>@<host>:<port>.`,
    );
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(canary);
  });

  it('gets one attempt if it hangs up, not a loop (nodejs/undici#3897)', async () => {
    const proxy = await proxyThat((socket) => socket.destroy());
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} is not reachable (UND_ERR_SOCKET)`,
    );
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('is abandoned after the connect timeout if it stays silent', async () => {
    const proxy = await proxyThat(() => {});
    const send = transportIn({ HTTPS_PROXY: proxy.url }, { connectTimeoutMs: 300 });
    const error = await failureOf(send('https://api.test/'));
    expect(error.message).toBe(
      `GET api.test: the proxy 127.0.0.1:${proxy.port} is not reachable (UND_ERR_HEADERS_TIMEOUT)`,
    );
    expect(wasNeverSent(error)).toBe(true);
  });

  it('leads to NODE_EXTRA_CA_CERTS if it inspects TLS with its own CA', async () => {
    const proxy = await proxyThat();
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.test/'));
    expect(error.message).toBe(
      "GET api.test: the server's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE). If a proxy inspects this network's TLS, set NODE_EXTRA_CA_CERTS to the file of its CA.",
    );
    expect(wasNeverSent(error)).toBe(true);
  });
});

describe('a server without a proxy', () => {
  it('with an untrusted certificate causes a named error', async () => {
    const { port } = await startTlsServer(echo);
    const error = await failureOf(transportIn({})(`https://localhost:${port}/`));
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    expect(wasNeverSent(error)).toBe(true);
  });

  it("with another host's certificate causes a named error", async () => {
    trustTestCa();
    const target = await startTlsServer(echo);
    const proxy = await startProxy({ target });
    const error = await failureOf(transportIn({ HTTPS_PROXY: proxy.url })('https://api.other/'));
    expect(error.message).toBe(
      "GET api.other: the server's certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID)",
    );
  });

  it('that resets during the TLS handshake has received nothing', async () => {
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
