import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '#src/system/system-clock.ts';
import { kib64, serveTransport, source } from './served-transport.ts';

describe('a server that silently closes kept connections', () => {
  it('costs no request, also repeatedly (aws-sdk-js-v3#1196)', async () => {
    const { send } = await serveTransport(
      (request, response) => {
        request.resume().on('end', () => {
          response.end('ok');
          setImmediate(() => request.socket.end());
        });
      },
      { clock: systemClock, agent: { connectionsPerOrigin: 1 } },
    );
    for (let round = 0; round < 20; round++) {
      const request = round % 2 === 0 ? source(2).request : {};
      expect((await send(request)).text).toBe('ok');
      await setTimeout(round % 5);
    }
  });

  it('gets a new connection after its own idle time', async () => {
    let connections = 0;
    const seen = new WeakSet<object>();
    const { send } = await serveTransport(
      (request, response) => {
        if (!seen.has(request.socket)) connections++;
        seen.add(request.socket);
        void setTimeout(50).then(() => request.socket.destroy());
        response.end('ok');
      },
      { clock: systemClock },
    );
    await send();
    await setTimeout(150);
    expect((await send()).text).toBe('ok');
    expect(connections).toBe(2);
  });
});

describe('a redirect', () => {
  it.each([301, 302, 307, 308])('%i is a reply and is not followed', async (status) => {
    const paths: (string | undefined)[] = [];
    const { send, origin } = await serveTransport(
      (request, response) => {
        paths.push(request.url);
        request
          .resume()
          .on('end', () => response.writeHead(status, { location: `${origin}/elsewhere` }).end());
      },
      { clock: systemClock },
    );
    const headers = { 'content-length': String(kib64.length) };
    const reply = await send({ ...source(1).request, path: '/chunk', headers });
    expect([reply.status, reply.headers.location]).toEqual([status, `${origin}/elsewhere`]);
    expect(paths).toEqual(['/chunk']);
  });
});
