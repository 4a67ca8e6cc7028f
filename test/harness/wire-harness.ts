import { createHash, randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import { type Emulators, startEmulators } from '#local/emulators/start-emulators.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { openPipeline, type Pipeline } from '#local/pipeline.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type {
  TwelveLabsOptions,
  TwelveLabsSimulator,
} from '#local/simulators/twelvelabs/simulator.ts';
import type { ExecutionOptions, ExecutionResult } from '#local/state-machine/run.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Ports } from '#src/transfer/step.ts';
import type { ObjectTraits } from '../doubles/s3/objects.ts';
import { type S3Double, startS3Double } from '../doubles/s3/s3-double.ts';
import { canaries } from '../security/canaries/canaries.ts';
import { canarySearch } from '../security/canaries/search.ts';
import { searchedPipeline } from '../security/canaries/searched-pipeline.ts';
import { startScaledClock } from './scaled-clock.ts';

/** How many times faster all time passes: waits, timers, leases and the simulator's own clock. */
const usualTimeFactor = 20;

export const bucket = 'films';
export const versionedBucket = 'versioned-films';
/** Configured as a source, and not there. */
export const missingBucket = 'missing-films';
const tableName = 'transfers';

/**
 * Everything around one pipeline: the synthesized machine and the real handlers, nothing mocked. Its
 * secrets are canaries, and all that it tells is searched for them.
 */
export interface World {
  readonly s3: S3Double;
  readonly service: TwelveLabsSimulator;
  readonly emulators: Emulators;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  /** Every log line, as text. */
  readonly logLines: string[];
  /** Puts an object of random bytes; its key is new unless given. */
  put(chunks: number, more?: { key?: string; bucket?: string; traits?: ObjectTraits }): Film;
  run(input: unknown, options?: Partial<ExecutionOptions>): Promise<ExecutionResult>;
  rows(): Promise<Record<string, unknown>[]>;
  /** Type and detail of every event that tells how a transfer of an object ended. */
  events(key: string): { readonly type: string; readonly detail: Record<string, unknown> }[];
  /** Forgets faults, calls and log lines. */
  reset(): void;
  close(): Promise<void>;
}

/** An object in the world's S3. */
export interface Film {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface WorldOptions extends Partial<TwelveLabsOptions> {
  /** For what takes long: times faster than the usual 20. */
  readonly timeFactor?: number;
  readonly given?: Partial<Ports>;
  /** Sources beside the usual ones. */
  readonly buckets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Bytes of a chunk in these tests: small, so that a film of few bytes has many. */
export const chunkSizeBytes = 8 * 1024;

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const { given, buckets: _, environment, timeFactor = usualTimeFactor, ...service } = options;
  const clock = startScaledClock(timeFactor);
  const logLines: string[] = [];
  const [emulators, s3, simulator] = await Promise.all([
    startEmulators({ buckets: [], table: tableDefinition(tableName) }),
    startS3Double({ buckets: [bucket], versionedBuckets: [versionedBucket] }),
    startTwelveLabs({ store: 'memory', clock, chunkSizeBytes, ...service }),
  ]);
  const write = (message: string, fields = {}) => {
    const line = JSON.stringify({ message, ...fields });
    canarySearch.searchText('log lines', line);
    logLines.push(line);
  };
  const opened = openPipeline({
    timeFactor,
    buckets: [bucket, versionedBucket, missingBucket, ...(options.buckets ?? [])],
    environment: {
      ...emulators.environment,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_SECRET_ACCESS_KEY: canaries.secretAccessKey,
      AWS_SESSION_TOKEN: canaries.sessionToken,
      TABLE_NAME: tableName,
      EVENT_BUS_NAME: 'default',
      TWELVE_LABS_API_KEY: simulator.apiKey,
      TWELVELABS_BASE_URL: simulator.baseUrl,
      NO_PROGRESS_MS: '60000',
      ...environment,
    },
    given: { clock, log: { info: write, warn: write, error: write }, ...given },
  });
  const pipeline = searchedPipeline(opened);
  const table = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: emulators.dynamoDb.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    }),
  );
  const rows = async () =>
    (await table.send(new ScanCommand({ TableName: tableName }))).Items ?? [];
  const searchEvents = () => {
    for (const entry of emulators.eventBridge.entries) canarySearch.search('events', entry);
  };
  let films = 0;
  return {
    s3,
    service: simulator,
    emulators,
    pipeline,
    clock,
    logLines,
    put(chunks, more = {}) {
      const bytes = randomBytes(Math.max(0, chunks * chunkSizeBytes - 100));
      const film = { bucket: more.bucket ?? bucket, key: more.key ?? `film ${++films}.mp4` };
      s3.put(film.bucket, film.key, bytes, { contentType: 'video/mp4', ...more.traits });
      return {
        ...film,
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    },
    async run(input, more = {}) {
      const execution = pipeline.start(input, more);
      emulators.follow(execution);
      return execution.result;
    },
    rows,
    events: (key) =>
      emulators.eventBridge.entries
        .map(({ DetailType, Detail }) => ({
          type: String(DetailType),
          detail: JSON.parse(String(Detail)),
        }))
        .filter(({ type, detail }) => detail.key === key && type !== 'Transfer Started'),
    reset() {
      searchEvents();
      simulator.faults.clear();
      simulator.calls.clear();
      s3.clearFaults();
      s3.calls.length = 0;
      logLines.length = 0;
    },
    async close() {
      clock.stop();
      searchEvents();
      for (const row of await rows()) canarySearch.search('rows', row);
      await pipeline.close();
      table.destroy();
      await Promise.all([emulators.close(), s3.close(), simulator.close()]);
    },
  };
}

/** What a person would type into the console for a film. */
export const inputOf = ({ bucket, key }: Film) => ({ bucket, key });

/** The execution succeeded with an asset that holds exactly the film's bytes; its output. */
export async function expectReady(
  world: World,
  film: Film,
  result: ExecutionResult,
): Promise<Record<string, unknown>> {
  expect(result).toMatchObject({
    status: 'SUCCEEDED',
    output: { status: 'ready', bytes: film.sizeBytes },
  });
  const output = result.output as Record<string, unknown>;
  expect(await world.service.storedSha256(String(output.assetId))).toBe(film.sha256);
  expect(world.service.faults.pending()).toEqual([]);
  return output;
}
