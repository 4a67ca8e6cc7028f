import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore, MemoryConfigstore } from '@tus/file-store';
import { EVENTS, Server } from '@tus/server';
import { vi } from 'vitest';

/** A tus server on loopback: `@tus/server`, which is not ours, with a token and a folder that ends with it. */
export interface TusServer {
  readonly baseUrl: string;
  /** Ids of all uploads, and of the complete ones. */
  readonly created: readonly string[];
  readonly finished: readonly string[];
  storedSha256(uploadId: string): Promise<string>;
  /** Makes the server forget an upload. */
  remove(uploadId: string): Promise<void>;
  close(): Promise<void>;
}

const path = '/files';

export async function startTus(token: string, maxBytes: number): Promise<TusServer> {
  const home = await mkdtemp(join(tmpdir(), 'tus-'));
  const directory = join(home, 'files');
  const datastore = new FileStore({ directory, configstore: new MemoryConfigstore() });
  // It creates the folder by itself, and would fail if a short test removed it meanwhile.
  await vi.waitUntil(() => existsSync(directory), { timeout: 10_000, interval: 2 });
  const tus = new Server({
    ...{ path, datastore, maxSize: maxBytes },
    onIncomingRequest: async ({ headers }) => {
      if (headers.get('authorization') === `Bearer ${token}`) return;
      throw { status_code: 401, body: 'A valid token is required' };
    },
  });
  const created: string[] = [];
  const finished: string[] = [];
  tus.on(EVENTS.POST_CREATE, (_, { id }) => created.push(id));
  tus.on(EVENTS.POST_FINISH, (_, __, { id }) => finished.push(id));
  const server = createServer((request, response) => void tus.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fileOf = (uploadId: string) => join(directory, uploadId);
  return {
    ...{ created, finished },
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    storedSha256: async (id) =>
      createHash('sha256')
        .update(await readFile(fileOf(id)))
        .digest('hex'),
    remove: (uploadId) => unlink(fileOf(uploadId)),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(home, { recursive: true });
    },
  };
}
