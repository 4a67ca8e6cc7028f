import type { SinkRequest } from './processes/sink.ts';
import type { SourceRequest } from './processes/source.ts';
import { startProcess, type WorkerProcess } from './worker-process.ts';

/** The destination of all chunks. */
export interface Sink {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** The services that all movers share. Each runs in its own process. */
export interface Servers {
  readonly bucket: string;
  readonly s3Url: string;
  readonly tableUrl: string;
  /** Serves a file as an object without copying it. */
  serve(key: string, path: string): Promise<void>;
  /** Returns the sink, with this chunk size for future uploads. */
  sinkFor(chunkSizeBytes: number): Promise<Sink>;
  /** Returns and resets the request counts. */
  takeCounts(): Promise<Counts>;
  close(): Promise<void>;
}

/** Numbers of requests: of S3 by method, of the sink by operation. */
export interface Counts {
  readonly s3: Readonly<Record<string, number>>;
  readonly sink: Readonly<Record<string, number>>;
}

const bucket = 'films';

/** Starts a small read-only S3, TwelveLabs (the simulator, discarding bytes) and DynamoDB (dynalite). */
export async function startServers(): Promise<Servers> {
  const [source, sink, table] = ['source', 'sink', 'table'].map((name) =>
    startProcess(new URL(`./processes/${name}.ts`, import.meta.url)),
  ) as [WorkerProcess, WorkerProcess, WorkerProcess];
  const requestSource = <A>(request: SourceRequest) => source.request<A>(request);
  const requestSink = <A>(request: SinkRequest) => sink.request<A>(request);
  return {
    bucket,
    s3Url: await requestSource<string>({ kind: 'url' }),
    tableUrl: await table.request<string>({}),
    serve: (key, path) => requestSource({ kind: 'serve', path, objectPath: `/${bucket}/${key}` }),
    sinkFor: (chunkSizeBytes) => requestSink({ kind: 'setChunkSize', chunkSizeBytes }),
    takeCounts: async () => ({
      s3: await requestSource({ kind: 'takeCounts' }),
      sink: await requestSink({ kind: 'takeCounts' }),
    }),
    close: async () => {
      await Promise.all([source, sink, table].map((worker) => worker.end()));
    },
  };
}
