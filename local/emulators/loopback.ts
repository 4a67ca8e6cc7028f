import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The address of all emulators. Other machines cannot reach it. */
export const loopbackAddress = '127.0.0.1';

/** A server in this process with the protocol of one service. */
export interface Emulator {
  /** The URL, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Stops the server and its running requests. */
  close(): Promise<void>;
}

/** Listens on a free port and returns the URL. */
export async function listenOnLoopback(server: Server): Promise<string> {
  server.listen(0, loopbackAddress);
  await once(server, 'listening');
  return loopbackUrl(server.address() as AddressInfo);
}

export function loopbackUrl({ port }: AddressInfo): string {
  return `http://${loopbackAddress}:${port}`;
}

/** Closes a server and its connections. Keep-alive connections would delay the end by seconds. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
