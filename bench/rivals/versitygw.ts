import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { request } from 'undici';
import { localCredentials, localRegion } from '#local/emulators/local-account.ts';
import { loopbackAddress } from '#local/emulators/loopback.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { FilmFile } from '../processes/films.ts';
import type { Bucket } from '../processes/servers.ts';

/** An S3 server of others, with one bucket. */
export interface S3Server {
  readonly bucket: Bucket;
  put(key: string, film: FilmFile): Promise<void>;
  /** Deletes all objects. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const checksumHeader = 'x-amz-checksum-crc64nvme';

/** Tries to reach a server that starts, and the time between them in ms. */
const startTries = 100;
const startTryMs = 100;

/**
 * Starts versitygw with its objects in a folder, which needs a file system with extended attributes.
 * @throws UnexpectedError - it does not start; the message has its last output
 */
export async function startVersitygw(
  program: string,
  folder: string,
  name: string,
): Promise<S3Server> {
  const root = join(folder, name);
  await mkdir(root);
  const port = await freePort();
  const address = `${loopbackAddress}:${port}`;
  const child = spawn(program, ['--quiet', '--keep-alive', '--port', address, 'posix', root], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: localCredentials.accessKeyId,
      ROOT_SECRET_KEY: localCredentials.secretAccessKey,
    },
  });
  const bucket = { ...localCredentials, url: `http://${address}`, bucket: name };
  const client = clientOf(bucket);
  await createBucket(client, name, child);
  return {
    bucket,
    put: (key, film) => put(client, name, key, film),
    clear: () => clear(client, name),
    async close() {
      client.destroy();
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** Returns a client of an S3 server on loopback. */
export function clientOf({ url, accessKeyId, secretAccessKey }: Bucket): S3Client {
  return new S3Client({
    endpoint: url,
    region: localRegion,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** Creates the bucket as soon as the server listens. */
async function createBucket(client: S3Client, Bucket: string, child: ChildProcess): Promise<void> {
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-500);
  });
  for (let tries = 1; ; tries++) {
    try {
      await client.send(new CreateBucketCommand({ Bucket }));
      return;
    } catch (error) {
      const hasEnded = child.exitCode !== null;
      if (tries < startTries && !hasEnded && isUnreachable(error)) await sleep(startTryMs);
      else
        throw new TransferError(
          'UnexpectedError',
          `versitygw does not start: ${output.trim() || error}`,
        );
    }
  }
}

function isUnreachable(error: unknown): boolean {
  return (error as { code?: string }).code === 'ECONNREFUSED';
}

/** Stores a film with its CRC64NVME. The signature does not cover the body, so a stream suffices. */
async function put(client: S3Client, Bucket: string, Key: string, film: FilmFile): Promise<void> {
  const command = new PutObjectCommand({ Bucket, Key, ChecksumCRC64NVME: film.crc64nvme });
  const url = await getSignedUrl(client, command, {
    unhoistableHeaders: new Set([checksumHeader]),
  });
  const { statusCode, body } = await request(url, {
    method: 'PUT',
    headers: { [checksumHeader]: film.crc64nvme, 'content-length': String(film.sizeBytes) },
    body: createReadStream(film.path),
  });
  const text = await body.text();
  if (statusCode === 200) return;
  throw new TransferError('UnexpectedError', `versitygw: PUT failed (${statusCode}): ${text}`);
}

async function clear(client: S3Client, Bucket: string): Promise<void> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, loopbackAddress);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
