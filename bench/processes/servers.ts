import { localCredentials } from '#local/emulators/local-account.ts';
import type { FilmFile } from './films.ts';
import { identityVariable } from './identity.ts';
import type { SinkRequest } from './sink.ts';
import type { SourceCounts, SourceRequest } from './source.ts';
import { startProcess, type WorkerProcess } from './worker-process.ts';

/** The destination of all chunks. */
export interface Sink {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** A bucket at an S3 endpoint. */
export interface Bucket {
  readonly url: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Numbers of requests: of S3 by method, of the sink by operation. */
export interface Counts {
  readonly s3: SourceCounts['byMethod'];
  readonly sink: Readonly<Record<string, number>>;
  /** The time of the first GET since the last `takeCounts`, in milliseconds since 1970. */
  readonly firstGetAt?: number | undefined;
}

/** The services that all movers of a row share. Each runs in its own process. */
export interface Servers {
  readonly source: Bucket;
  readonly tableUrl: string;
  /** The environment of a mover, such as the CA certificate that it trusts. */
  readonly environment: Readonly<Record<string, string>>;
  /** The bucket that movers without upload sessions write to. */
  readonly target?: Bucket | undefined;
  /** Serves a film as an object. */
  serve(
    key: string,
    film: FilmFile,
    options: { readonly hasChecksum: boolean; readonly md5?: string },
  ): Promise<void>;
  /** Returns the sink, with this chunk size for future uploads. */
  sinkFor(chunkSizeBytes: number): Promise<Sink>;
  /** Returns and resets the request counts; undefined if the servers do not count. */
  takeCounts(): Promise<Counts | undefined>;
  /** Deletes what the movers stored. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

const bucket = 'films';

export interface ServersOptions {
  /** The folder of a certificate: the source and the upload host then speak TLS. */
  readonly identity?: string | undefined;
  /** The environment of the movers. */
  readonly environment?: Servers['environment'] | undefined;
}

/** Starts a small read-only S3, TwelveLabs (the simulator, discarding bytes) and DynamoDB (dynalite). */
export async function startServers({
  identity,
  environment = {},
}: ServersOptions = {}): Promise<Servers & { takeCounts(): Promise<Counts> }> {
  const serverEnvironment: Record<string, string> = identity
    ? { [identityVariable]: identity }
    : {};
  const [source, sink] = ['source', 'sink'].map((name) =>
    startProcess(new URL(`./${name}.ts`, import.meta.url), serverEnvironment),
  ) as [WorkerProcess, WorkerProcess];
  const table = startTable();
  const requestSource = <A>(request: SourceRequest) => source.request<A>(request);
  const requestSink = <A>(request: SinkRequest) => sink.request<A>(request);
  return {
    source: { ...localCredentials, bucket, url: await requestSource<string>({ kind: 'url' }) },
    tableUrl: await table.request<string>({}),
    environment,
    serve: (key, { path, crc64nvme }, { hasChecksum, md5 }) =>
      requestSource({
        kind: 'serve',
        path,
        objectPath: `/${bucket}/${key}`,
        crc64nvme: hasChecksum ? crc64nvme : undefined,
        md5,
      }),
    sinkFor: (chunkSizeBytes) => requestSink({ kind: 'setChunkSize', chunkSizeBytes }),
    async takeCounts() {
      const { byMethod, firstGetAt } = await requestSource<SourceCounts>({ kind: 'takeCounts' });
      return { s3: byMethod, firstGetAt, sink: await requestSink({ kind: 'takeCounts' }) };
    },
    clear: async () => {},
    async close() {
      await Promise.all([source, sink, table].map((worker) => worker.end()));
    },
  };
}

/** Starts DynamoDB (dynalite). It answers any request with its URL. */
export function startTable(): WorkerProcess {
  return startProcess(new URL('./table.ts', import.meta.url));
}
