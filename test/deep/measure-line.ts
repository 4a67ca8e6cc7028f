import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { openShapedLine } from './shaped-line.ts';

const connections = 4;

/** Seconds before the measurement: the kernel's buffers fill. */
const startSeconds = 2;

/** Measures an endless upload over four connections; returns the received bits per second. */
export async function measureLine(bitsPerSecond: number, seconds: number): Promise<number> {
  let arrivedBytes = 0;
  const server = createServer((request) => {
    request.on('data', (piece: Buffer) => {
      arrivedBytes += piece.length;
    });
    request.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const line = openShapedLine(bitsPerSecond);
  const { port } = server.address() as AddressInfo;
  const origin = await line.lead(() => `http://127.0.0.1:${port}`);
  const uploads = Array.from({ length: connections }, () => upload(origin));
  await delay(startSeconds * 1000);
  const [bytes, at] = [arrivedBytes, performance.now()];
  await delay(Math.max(1, seconds - startSeconds) * 1000);
  const rate = ((arrivedBytes - bytes) * 8000) / (performance.now() - at);
  for (const one of uploads) one.destroy();
  await line.close();
  server.closeAllConnections();
  server.close();
  return rate;
}

function upload(origin: string) {
  const sent = request(origin, { method: 'PUT' });
  sent.on('error', () => {});
  const piece = Buffer.alloc(64 * 1024);
  const endless = new Readable({ read: () => void endless.push(piece) });
  endless.pipe(sent);
  return sent;
}
