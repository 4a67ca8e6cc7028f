import type { SinkQuestion } from './processes/sink.ts';
import type { SourceQuestion } from './processes/source.ts';
import { startProcess } from './talking-process.ts';

/** Where chunks go. */
export interface Sink {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** The services that all movers share, each in a process of its own. */
export interface Servers {
  readonly bucket: string;
  readonly s3Url: string;
  readonly tableUrl: string;
  /** Serves a file as an object, without copying it. */
  serve(key: string, path: string): Promise<void>;
  /** The sink, which cuts every coming upload into such chunks. */
  sinkFor(chunkSizeBytes: number): Promise<Sink>;
  /** Requests since the last taking: S3's by method, the sink's by operation. */
  takeCounts(): Promise<Counts>;
  close(): Promise<void>;
}

export interface Counts {
  readonly s3: Readonly<Record<string, number>>;
  readonly sink: Readonly<Record<string, number>>;
}

const bucket = 'films';

/** Starts a small S3 for reading, TwelveLabs (the simulator, dropping bytes) and DynamoDB (dynalite). */
export async function startServers(): Promise<Servers> {
  const [source, sink, table] = ['source', 'sink', 'table'].map((name) =>
    startProcess(new URL(`./processes/${name}.ts`, import.meta.url)),
  ) as [Asked, Asked, Asked];
  const askSource = <A>(question: SourceQuestion) => source.ask<A>(question);
  const askSink = <A>(question: SinkQuestion) => sink.ask<A>(question);
  return {
    bucket,
    s3Url: await askSource<string>({ kind: 'url' }),
    tableUrl: await table.ask<string>({}),
    serve: (key, path) => askSource({ kind: 'serve', path, objectPath: `/${bucket}/${key}` }),
    sinkFor: (chunkSizeBytes) => askSink({ kind: 'cut', chunkSizeBytes }),
    takeCounts: async () => ({
      s3: await askSource({ kind: 'takeCounts' }),
      sink: await askSink({ kind: 'takeCounts' }),
    }),
    close: async () => {
      await Promise.all([source, sink, table].map((each) => each.end()));
    },
  };
}

type Asked = ReturnType<typeof startProcess>;
