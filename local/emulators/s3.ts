import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import S3rver from '@20minutes/s3rver';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type KnownContent, linkFile, serveLinks } from './linked-files.ts';
import { localClientConfig } from './local-account.ts';
import { type Emulator, loopbackAddress, loopbackUrl } from './loopback.ts';

export interface S3Options {
  /** Folder for the objects. */
  readonly directory: string;
  /** Buckets to create unless they exist. */
  readonly buckets: readonly string[];
  /**
   * Whether a wrong secret is rejected. s3rver then rejects requests on buckets, such as HeadBucket and
   * ListObjectsV2, with any secret.
   */
  readonly checkSignatures?: boolean | undefined;
}

export interface S3Emulator extends Emulator {
  /** Stores a file through the API, as any client does. */
  putFile(bucket: string, key: string, path: string, contentType?: string): Promise<void>;
  /** Stores a stream of known size through the API. */
  putStream(
    bucket: string,
    key: string,
    stream: Readable,
    sizeBytes: number,
    contentType?: string,
  ): Promise<void>;
  /**
   * Serves a local file as an object without copying it. Its ETag depends on the file's identity, size
   * and time of change, or on the known content. It changes when the file changes.
   * @throws InvalidInputError - the file does not exist, or the key's last segment is too long
   */
  linkFile(
    bucket: string,
    key: string,
    path: string,
    contentType?: string,
    content?: KnownContent,
  ): Promise<void>;
}

/** Starts s3rver. */
export async function startS3(options: S3Options): Promise<S3Emulator> {
  const server = new S3rver({
    address: loopbackAddress,
    port: 0,
    silent: true,
    directory: options.directory,
    vhostBuckets: false,
    allowMismatchedSignatures: !options.checkSignatures,
    configureBuckets: options.buckets.map((name) => ({ name })),
  });
  serveLinks(server.store);
  serveFirstByte(server.store);
  const url = loopbackUrl(await server.run());
  const client = uploadClient(url);
  return {
    url,
    ...uploadsWith(client),
    linkFile: (bucket, key, path, contentType, content) =>
      linkFile(server.store, { bucket, key }, path, contentType, content),
    async close() {
      client.destroy();
      const closed = server.close();
      server.httpServer.closeAllConnections();
      await closed;
    },
  };
}

/** Returns a client without the SDK's default checksum trailer, which s3rver does not support. */
function uploadClient(endpoint: string): S3Client {
  return new S3Client({
    ...localClientConfig(endpoint),
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

function uploadsWith(client: S3Client): Pick<S3Emulator, 'putFile' | 'putStream'> {
  const putStream: S3Emulator['putStream'] = async (Bucket, Key, Body, ContentLength, type) => {
    await client.send(
      new PutObjectCommand({ Bucket, Key, Body, ContentLength, ContentType: type }),
    );
  };
  return {
    putStream,
    putFile: async (bucket, key, path, contentType) =>
      putStream(bucket, key, createReadStream(path), (await stat(path)).size, contentType),
  };
}

/** Fixes `bytes=0-0`: s3rver takes an end of 0 for no end and answers with the whole object. */
function serveFirstByte(store: S3rver['store']): void {
  const getObject = store.getObject.bind(store);
  store.getObject = (bucket, key, options) =>
    getObject(bucket, key, options?.end === 0 ? { ...options, end: Object(0) } : options);
}
