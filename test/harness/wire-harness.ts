import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { queue as queuePart, store as storePart } from '#functions/runtime/table.ts';
import { type EventBridgeEmulator, startEventBridge } from '#local/emulators/eventbridge.ts';
import { localCredentials, localRegion } from '#local/emulators/local-account.ts';
import type { Emulator } from '#local/emulators/loopback.ts';
import { startStepFunctions } from '#local/emulators/step-functions.ts';
import { openPipeline, type Pipeline } from '#local/pipeline.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type {
  TwelveLabsOptions,
  TwelveLabsSimulator,
} from '#local/simulators/twelvelabs/simulator.ts';
import type {
  ExecutionHandle,
  ExecutionOptions,
  ExecutionResult,
} from '#local/state-machine/run.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { Ports } from '#src/step-support/step.ts';
import type { ObjectTraits } from '../doubles/s3/objects.ts';
import { type S3Double, startS3Double } from '../doubles/s3/s3-double.ts';
import { canaries } from '../security/canaries/canaries.ts';
import { canarySearch } from '../security/canaries/search.ts';
import { searchedPipeline } from '../security/canaries/searched-pipeline.ts';
import { type ScaledClock, startScaledClock } from './clock.ts';
import { openDynamoTable, openMemoryTable, type TableRow } from './wire-table.ts';

/**
 * The harness over the wire: the deployed state machine and handlers, with EventBridge, S3, TwelveLabs and,
 * on request, DynamoDB as servers on loopback. Use it for what only a real request can show.
 *
 * 1. `harness = await openWireHarness()` in `beforeAll`, `harness.close()` in `afterAll`.
 * 2. `harness.reset()` between tests: it clears faults, calls, events and log lines.
 * 3. `film = harness.put(chunks)` stores an object; `await harness.run(inputOf(film))` transfers it.
 * 4. `expectReady(harness, film, result)` checks the bytes of the asset.
 * 5. Plan faults with `harness.service.faults`, `harness.s3.fail` and the `faults` of `run`.
 * 6. Read results from `service.calls`, `rows()`, `events(key)` and `logLines`.
 *
 * Time runs 100 times faster for all parts. All secrets are canaries, searched for in all output.
 */
export interface WireHarness {
  readonly s3: S3Double;
  readonly service: TwelveLabsSimulator;
  readonly eventBridge: EventBridgeEmulator;
  readonly pipeline: Pipeline;
  readonly clock: ScaledClock;
  /** The table through the product's stores. */
  readonly store: TransferStore;
  readonly queue: QueueStore;
  /** Every log line as JSON text. */
  readonly logLines: string[];
  /** Stores an object of random bytes. Default key: a new one. */
  put(chunks: number, options?: PutOptions): Film;
  /** Starts an execution. */
  start(input: unknown, options?: Partial<ExecutionOptions>): ExecutionHandle;
  /** Runs an execution to its end. */
  run(input: unknown, options?: Partial<ExecutionOptions>): Promise<ExecutionResult>;
  /** Replaces ports of the functions until the next call or `reset`. */
  override(ports: Partial<Ports>): void;
  /** Returns all rows of the table. */
  rows(): Promise<TableRow[]>;
  /** Returns the row of the newest transfer of an object. */
  transferOf(film: Pick<Film, 'bucket' | 'key'>): Promise<TransferRecord>;
  /** Returns type and detail of every outcome event of an object. */
  events(key: string): { readonly type: string; readonly detail: Record<string, unknown> }[];
  /** Clears faults, calls, events and log lines; restores ports and switches. */
  reset(): void;
  close(): Promise<void>;
}

/** An object in S3. */
export interface Film {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

interface PutOptions {
  readonly key?: string;
  readonly bucket?: string;
  readonly traits?: ObjectTraits;
}

export interface WireOptions extends Partial<Omit<TwelveLabsOptions, 'clock'>> {
  /** How many times faster time passes. Default: 100. */
  readonly timeFactor?: number;
  /** Sources in addition to the usual ones. */
  readonly buckets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** `dynamodb`: the product's own stores over dynalite. Default: the stores in memory. */
  readonly table?: 'dynamodb' | 'memory';
}

export const bucket = 'films';
export const versionedBucket = 'versioned-films';
/** A configured source that does not exist. */
export const missingBucket = 'missing-films';
/** Size of a chunk, in bytes: small, for films of many chunks and few bytes. */
export const chunkSizeBytes = 8 * 1024;

/** Opens the harness. One process holds one at a time: the environment is the process's own. */
export async function openWireHarness(options: WireOptions = {}): Promise<WireHarness> {
  const { buckets = [], environment, timeFactor = 100, table: kind, ...serviceOptions } = options;
  const clock = startScaledClock(timeFactor);
  const [table, events, executions, s3, service] = await Promise.all([
    kind === 'dynamodb' ? openDynamoTable() : openMemoryTable(),
    startEventBridge(),
    startExecutions(),
    startS3Double({ buckets: [bucket], versionedBuckets: [versionedBucket] }),
    startTwelveLabs({ store: 'memory', clock, chunkSizeBytes, ...serviceOptions }),
  ]);
  const logLines: string[] = [];
  const pipeline = searchedPipeline(
    openPipeline({
      timeFactor,
      buckets: [bucket, versionedBucket, missingBucket, ...buckets],
      environment: {
        ...environmentOf({ events, executions, s3, service }),
        ...table.environment,
        ...environment,
      },
      overrides: { clock, log: logInto(logLines), ...table.overrides },
    }),
  );
  const usualSwitches = { ...service.switches };
  const store = pipeline.container().get(storePart);
  const queue = pipeline.container().get(queuePart);
  const start: WireHarness['start'] = (input, executionOptions = {}) => {
    const execution = pipeline.start(input, executionOptions);
    executions.follow(execution);
    return execution;
  };
  return {
    ...{ s3, service, eventBridge: events, pipeline, clock, store, queue, logLines, start },
    put: putInto(s3),
    run: (input, executionOptions) => start(input, executionOptions).result,
    override: (ports) => pipeline.setOverrides({ ...pipeline.overrides, ...ports }),
    rows: table.rows,
    transferOf: async (film) => newestOf(await table.rows(), film),
    events: (key) => outcomesOf(events, key),
    reset() {
      clock.setFactor(timeFactor);
      searchEvents(events);
      service.faults.clear();
      service.calls.clear();
      Object.assign(service.switches, usualSwitches);
      s3.clearFaults();
      s3.calls.length = 0;
      logLines.length = 0;
      (events.entries as unknown[]).length = 0;
      pipeline.setOverrides(pipeline.overrides);
    },
    async close() {
      searchEvents(events);
      for (const row of await table.rows()) canarySearch.search('rows', row);
      await pipeline.close();
      clock.stop();
      await Promise.all([table, events, executions, s3, service].map((each) => each.close()));
    },
  };
}

/** Starts DescribeExecution for the executions of this process. An unknown local execution has ended. */
async function startExecutions() {
  const followed = new Map<string, ExecutionHandle>();
  const emulator = await startStepFunctions({
    lookup: (executionArn) => followed.get(executionArn)?.status(),
    unknownLocal: 'ABORTED',
  });
  const follow = (execution: ExecutionHandle) => followed.set(execution.executionArn, execution);
  return { ...emulator, follow };
}

interface Servers {
  readonly events: Emulator;
  readonly executions: Emulator;
  readonly s3: S3Double;
  readonly service: TwelveLabsSimulator;
}

function environmentOf({ events, executions, s3, service }: Servers): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: events.url,
    AWS_ENDPOINT_URL_SFN: executions.url,
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: canaries.secretAccessKey,
    AWS_SESSION_TOKEN: canaries.sessionToken,
    EVENT_BUS_NAME: 'default',
    TWELVE_LABS_API_KEY: service.apiKey,
    TWELVELABS_BASE_URL: service.baseUrl,
    NO_PROGRESS_MS: '60000',
  };
}

function logInto(lines: string[]): Ports['log'] {
  const write = (message: string, fields = {}) => {
    const line = JSON.stringify({ message, ...fields });
    canarySearch.searchText('log lines', line);
    lines.push(line);
  };
  return { info: write, warn: write, error: write };
}

function putInto(s3: S3Double): WireHarness['put'] {
  let films = 0;
  return (chunks, options = {}) => {
    const bytes = randomBytes(Math.max(0, chunks * chunkSizeBytes - 100));
    const film = { bucket: options.bucket ?? bucket, key: options.key ?? `film ${++films}.mp4` };
    s3.put(film.bucket, film.key, bytes, { contentType: 'video/mp4', ...options.traits });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { ...film, sizeBytes: bytes.length, sha256 };
  };
}

function newestOf(
  rows: readonly TableRow[],
  { bucket, key }: Pick<Film, 'bucket' | 'key'>,
): TransferRecord {
  const [newest] = rows
    .filter(({ row }) => row === 'transfer')
    .map((row) => row as unknown as TransferRecord)
    .filter(({ source }) => source.bucket === bucket && source.key === key)
    .sort((a, b) => b.createdAt - a.createdAt);
  if (newest) return newest;
  throw new Error(`the table has no transfer of ${bucket}/${key}`);
}

function outcomesOf(
  { entries }: EventBridgeEmulator,
  key: string,
): ReturnType<WireHarness['events']> {
  return entries
    .map(({ DetailType, Detail }) => ({
      type: String(DetailType),
      detail: JSON.parse(String(Detail)),
    }))
    .filter(({ type, detail }) => detail.key === key && type !== 'Transfer Started');
}

function searchEvents({ entries }: EventBridgeEmulator): void {
  for (const entry of entries) canarySearch.search('events', entry);
}

/** Returns the input of a manual start. */
export const inputOf = ({ bucket, key }: Film) => ({ bucket, key });

/** Expects success with an asset that holds exactly the film's bytes, and returns the output. */
export async function expectReady(
  { service }: WireHarness,
  film: Film,
  result: ExecutionResult,
): Promise<Record<string, unknown>> {
  expect(result).toMatchObject({
    status: 'SUCCEEDED',
    output: { status: 'ready', bytes: film.sizeBytes },
  });
  const output = result.output as Record<string, unknown>;
  expect(await service.storedSha256(String(output.assetId))).toBe(film.sha256);
  expect(service.faults.pending()).toEqual([]);
  return output;
}

/** Returns the machine with another time limit of one function, in seconds. */
export function withTimeLimit(
  { pipeline }: WireHarness,
  step: string,
  timeoutSeconds: number,
): Pick<ExecutionOptions, 'machine'> {
  const functions = [...pipeline.machine.functions].map(
    ([arn, one]) => [arn, one.name === step ? { ...one, timeoutSeconds } : one] as const,
  );
  return { machine: { ...pipeline.machine, functions: new Map(functions) } };
}
