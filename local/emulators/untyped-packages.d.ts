/** The used part of s3rver, which has no types. */
declare module '@20minutes/s3rver' {
  import type { Server } from 'node:http';
  import type { AddressInfo } from 'node:net';

  export interface ObjectMetadata {
    readonly etag?: string;
    readonly [header: string]: string | number | undefined;
  }

  export interface ReadRange {
    readonly start?: number;
    readonly end?: number;
  }

  export interface ObjectStore {
    getResourcePath(bucket: string, key: string, resource: string): string;
    getMetadata(bucket: string, key: string): Promise<ObjectMetadata>;
    putMetadata(bucket: string, key: string, metadata: ObjectMetadata, md5: string): Promise<void>;
    getObject(bucket: string, key: string, options?: ReadRange): Promise<unknown>;
    listObjects(bucket: string, options: unknown): Promise<unknown>;
    putObject(object: { readonly bucket: string; readonly key: string }): Promise<unknown>;
  }

  export interface S3rverOptions {
    readonly address: string;
    readonly port: number;
    readonly silent: boolean;
    readonly directory: string;
    readonly vhostBuckets: boolean;
    readonly allowMismatchedSignatures: boolean;
    readonly configureBuckets: readonly { readonly name: string }[];
  }

  export default class S3rver {
    constructor(options: S3rverOptions);
    readonly store: ObjectStore;
    readonly httpServer: Server;
    run(): Promise<AddressInfo>;
    close(): Promise<void>;
  }
}

/** The used part of dynalite, which has no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    readonly path?: string;
    readonly createTableMs?: number;
  }

  export default function dynalite(options?: DynaliteOptions): Server;
}
