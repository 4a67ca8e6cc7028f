import { createHash } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { createDestinationAgent } from '#functions/runtime/destination-agent.ts';
import { createSockets } from '#functions/runtime/sockets.ts';
import { createConnectGuard, isPublicAddress } from '#src/http/public-addresses.ts';
import { createTransport } from '#src/http/transport.ts';
import type { ConnectGuard } from '#src/http/undici.ts';
import { ManualClock } from '../harness/clock.ts';
import { startServer } from './http-server.ts';
import { failureOf, serveTransport } from './served-transport.ts';

const clock = new ManualClock(undefined, 'owner');
const service = 'https://api.twelvelabs.io/v1.3';

/** Creates a resolver that returns one list for each call, and counts its calls. */
function resolver(...answers: string[][]) {
  return vi.fn<LookupFunction>((_host, options, callback) => {
    const found = answers.length > 1 ? answers.splice(0, 1)[0] : answers[0];
    const addresses = (found ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  });
}

function guarded(lookup?: LookupFunction): ConnectGuard {
  const guard = createConnectGuard({
    baseUrl: service,
    mayBePrivate: false,
    ...(lookup && { lookup }),
  });
  if (!guard) throw new Error('no guard');
  return guard;
}

describe('an address', () => {
  it.each([
    '3.5.140.1',
    '52.95.110.1',
    '8.8.8.8',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2600:1f18::1',
    '2a05:d07a:a000::1',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['0.0.0.0', 'this host'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'shared'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'instance metadata'],
    ['169.254.170.2', 'container credentials'],
    ['172.31.255.255', 'private'],
    ['192.0.0.8', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['192.168.1.1', 'private'],
    ['198.18.0.1', 'benchmarking'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'mapped loopback'],
    ['::ffff:a9fe:a9fe', 'mapped metadata'],
    ['64:ff9b::a00:1', 'translated private'],
    ['64:ff9b:1::808:808', 'local translation'],
    ['fd00:ec2::254', 'instance metadata'],
    ['fc00::1', 'unique local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with its zone'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'documentation'],
    ['2001::1', 'Teredo'],
    ['2002:7f00:1::', '6to4 of loopback'],
    ['3fff::1', 'documentation'],
    ['4000::1', 'not assigned'],
    ['', 'nothing'],
    ['localhost', 'a name'],
  ])('%s is not public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('an upload host', () => {
  it.each([
    ['a name', ['127.0.0.1'], 'the loopback range'],
    [
      'a name with one private address among public ones',
      ['8.8.8.8', '10.0.0.7'],
      'a private network',
    ],
    ['a name in IPv6', ['fd00:ec2::254'], 'a metadata service'],
    ['a name behind a TUN proxy', ['198.18.3.7'], 'the benchmarking range 198.18.0.0/15'],
    ['a name behind a TUN proxy in IPv6', ['2001:2::7'], 'the benchmarking range'],
    ['a name in a VPN', ['100.64.0.9'], 'the shared range 100.64.0.0/10'],
    ['a name of class E', ['240.0.0.9'], 'a reserved range'],
    ['a name with a local address', ['169.254.169.254'], 'the link-local range'],
  ])('is rejected before a socket opens: %s', async (_what, addresses, range) => {
    let requests = 0;
    const { origin, send } = await serveTransport((_, reply) => reply.end(String(requests++)), {
      clock,
      agent: { guard: guarded(resolver(addresses)) },
    });
    const url = `${origin.replace('127.0.0.1', 'storage.example')}/c?X-Amz-Signature=abc`;
    const error = await failureOf(send({ method: 'PUT', url }));
    expect([error.name, error.disposition]).toEqual(['UploadHostRejectedError', 'fail']);
    expect(error.message).toBe(
      `Invalid upload host "storage.example": resolves to ${addresses.at(-1)}, which belongs to ${range}; it must be a public address.`,
    );
    expect(requests).toBe(0);
  });

  it.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]'])(
    'is rejected if it is an address: %s',
    async (host) => {
      const lookup = resolver(['8.8.8.8']);
      const { origin, send } = await serveTransport((_, reply) => reply.end(), {
        clock,
        agent: { guard: guarded(lookup) },
      });
      const error = await failureOf(send({ url: origin.replace('127.0.0.1', host) }));
      expect(error.name).toBe('UploadHostRejectedError');
      expect(error.message).toMatch(
        /^Invalid upload host "\S+": belongs to the loopback range; it must be a public address\.$/,
      );
      expect(lookup).not.toHaveBeenCalled();
    },
  );

  it('is checked at every connection, not once', async () => {
    const rebinding = resolver(['8.8.8.8'], ['127.0.0.1']);
    const guard = guarded(rebinding);
    const answers: string[] = [];
    for (const _ of [1, 2]) {
      await new Promise<void>((resolve) =>
        guard.lookup('storage.example', { all: true }, (error, found) => {
          answers.push(error ? error.name : JSON.stringify(found));
          resolve();
        }),
      );
    }
    expect(answers).toEqual(['[{"address":"8.8.8.8","family":4}]', 'UploadHostRejectedError']);
  });

  it('fails with a network error if it does not resolve', async () => {
    const gone: LookupFunction = (_host, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '');
    const { send } = await serveTransport((_, reply) => reply.end(), {
      clock,
      agent: { guard: guarded(gone) },
    });
    expect((await failureOf(send({ url: 'http://storage.example/' }))).name).toBe('NetworkError');
  });

  it('is connected at the checked address', async () => {
    const bytes = createHash('sha256');
    const { origin, send } = await serveTransport(
      (request, reply) => {
        request.on('data', (data: Buffer) => bytes.update(data)).on('end', () => reply.end('ok'));
      },
      { clock, agent: { guard: { checkHost: () => {}, lookup: resolver(['127.0.0.1']) } } },
    );
    const reply = await send({
      method: 'PUT',
      url: origin.replace('127.0.0.1', 'storage.example'),
      body: 'a chunk',
    });
    expect([reply.text, bytes.digest('hex')]).toEqual([
      'ok',
      createHash('sha256').update('a chunk').digest('hex'),
    ]);
  });
});

describe('the guard of a destination', () => {
  it('allows the configured host at any address', async () => {
    const lookup = resolver(['10.0.0.7']);
    const guard = guarded(lookup);
    const found = await new Promise((resolve) =>
      guard.lookup('api.twelvelabs.io', { all: true }, (_error, addresses) => resolve(addresses)),
    );
    expect(found).toEqual([{ address: '10.0.0.7', family: 4 }]);
  });

  it.each([
    ['10.0.0.7', true],
    ['100.64.0.1', true],
    ['fd00::7', true],
    ['8.8.8.8', true],
    ['198.18.0.1', true],
    ['198.19.255.254', true],
    ['::ffff:198.18.0.1', true],
    ['64:ff9b::c612:1', true],
    ['2001:2::1', true],
    ['fec0::1', true],
    ['fc00::1', true],
    ['240.0.0.1', true],
    ['28.0.0.1', true],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['fd00:ec2::254', false],
    ['::1', false],
    ['fe80::1', false],
    ['64:ff9b::7f00:1', false],
    ['100.100.100.200', false],
    ['192.0.0.192', false],
    ['::ffff:100.100.100.200', false],
    ['169.254.170.2', false],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['224.0.0.1', false],
    ['ff02::1', false],
    ['2002:7f00:1::', false],
    ['2001::1', false],
  ])('with private hosts allowed, decides for %s: %s', (address, isGood) => {
    const guard = createConnectGuard({ baseUrl: service, mayBePrivate: true });
    const checking = () => guard?.checkHost(address);
    if (isGood) expect(checking).not.toThrow();
    else expect(checking).toThrow('it must be a public address');
  });

  it('allows an IPv6 address as the configured host', () => {
    const guard = createConnectGuard({ baseUrl: 'https://[fd00::1]/v1.3', mayBePrivate: false });
    expect(() => guard?.checkHost('fd00::1')).not.toThrow();
    expect(() => guard?.checkHost('fd00::2')).toThrow('it must be a public address');
  });

  it('is undefined for a service without TLS, which runs on this machine', () => {
    expect(
      createConnectGuard({ baseUrl: 'http://127.0.0.1:8080/v1.3', mayBePrivate: false }),
    ).toBeUndefined();
  });

  it('protects every deployed function: its agent rejects a private upload host', async () => {
    const server = await startServer((_, reply) => reply.end());
    const sockets = createSockets();
    const agent = createDestinationAgent(sockets, { baseUrl: service, mayBePrivate: false });
    const { signal } = new AbortController();
    const url = server.origin.replace('127.0.0.1', 'localhost');
    const sending = createTransport({ agent, clock }).send({
      method: 'PUT',
      url,
      headers: {},
      body: 'x',
      signal,
    });
    expect((await failureOf(sending)).name).toBe('UploadHostRejectedError');
    await sockets.close();
    await server.close();
  });
});
