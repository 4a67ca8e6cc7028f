import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { tableDefinition } from '#src/aws/table-definition.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { splitS3Url } from '#src/core/buckets.ts';
import { TransferError } from '#src/core/errors.ts';
import type { Log } from '#src/core/ports.ts';
import { startDynamoDb } from '../emulators/dynamodb.ts';
import { startEventBridge } from '../emulators/eventbridge.ts';
import { localCredentials, localRegion } from '../emulators/local-account.ts';
import type { Emulator } from '../emulators/loopback.ts';
import { startS3 } from '../emulators/s3.ts';
import { startStepFunctions } from '../emulators/step-functions.ts';
import { openPipeline } from '../pipeline.ts';
import type { ExecutionHandle } from '../state-machine/run.ts';
import { forgetDeadSenders } from './dead-senders.ts';

export interface IngestOptions {
  /** A DynamoDB table of this name, in place of the one on disk. */
  readonly table?: string;
  /** Where the table on disk is kept. */
  readonly stateDir?: string;
}

/** The pipeline on a laptop: real destination, real or linked source, proofs on disk. */
export interface Laptop {
  readonly reference: { readonly bucket: string; readonly key: string };
  start(input: unknown): ExecutionHandle;
  close(): Promise<void>;
}

/** A part of the laptop: what it adds to the environment, and how it ends. */
interface Part {
  readonly environment: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** As long as a whole execution may last: here no Lambda ends a call. In seconds. */
const week = 7 * 24 * 3600;

const localBucket = 'this-computer';
const localTable = 'transfers';

/**
 * Opens all that one ingest needs. The state on disk belongs to one source and one run at a time.
 * @throws ConfigurationError - the API key is missing, or another run has this source in hand
 * @throws InvalidInputError - the source is neither a file nor an s3:// URL
 */
export async function openLaptop(
  source: string,
  options: IngestOptions,
  log: Log,
): Promise<Laptop> {
  refuseMissingKey();
  const reference = source.startsWith('s3://') ? splitS3Url(source) : await localReference(source);
  const directory = await stateDirectory(source, options);
  const executions = new Map<string, ExecutionHandle>();
  const isOnDisk = !options.table && !process.env.AWS_ENDPOINT_URL_DYNAMODB;
  const parts = [
    await (isOnDisk ? tableOnDisk(directory) : tableElsewhere(options.table ?? localTable)),
    await eventRecorder(),
    await executionLookup(executions, isOnDisk),
    ...(source.startsWith('s3://')
      ? [awsRegion()]
      : [await linkedSource(directory, reference, source)]),
  ];
  const pipeline = openPipeline({
    buckets: [reference.bucket],
    environment: Object.assign({}, ...parts.map(({ environment }) => environment)),
    given: { log },
    sendTimeoutSeconds: week,
  });
  return {
    reference: { bucket: reference.bucket, key: reference.key },
    start(input) {
      const execution = pipeline.start(input);
      executions.set(execution.executionArn, execution);
      return execution;
    },
    async close() {
      await pipeline.close();
      await Promise.all(parts.map((part) => part.close()));
    },
  };
}

function refuseMissingKey(): void {
  if (process.env[keys.apiKey]) return;
  throw new TransferError(
    'ConfigurationError',
    `${keys.apiKey} is not set: put the service's API key into it`,
  );
}

async function localReference(file: string): Promise<{ bucket: string; key: string }> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile()) return { bucket: localBucket, key: basename(file) };
  throw new TransferError(
    'InvalidInputError',
    `${JSON.stringify(file)} is not a file that can be read, nor an s3:// URL`,
  );
}

async function stateDirectory(source: string, { stateDir }: IngestOptions): Promise<string> {
  const home = process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  const absolute = source.startsWith('s3://') ? source : resolve(source);
  const name = createHash('sha256').update(absolute).digest('hex').slice(0, 16);
  const directory = join(stateDir ?? join(home, 'chunkferry'), name);
  await mkdir(directory, { recursive: true });
  return directory;
}

async function tableOnDisk(directory: string): Promise<Part> {
  const table = tableDefinition(localTable);
  const emulator = await startDynamoDb({ directory: join(directory, 'table'), table });
  await forgetDeadSenders(emulator.url, localTable);
  return {
    environment: { AWS_ENDPOINT_URL_DYNAMODB: emulator.url, [keys.tableName]: localTable },
    close: () => emulator.close(),
  };
}

async function tableElsewhere(name: string): Promise<Part> {
  return { environment: { [keys.tableName]: name }, close: async () => {} };
}

async function eventRecorder(): Promise<Part> {
  const emulator = await startEventBridge();
  return partOf(emulator, {
    AWS_ENDPOINT_URL_EVENTBRIDGE: emulator.url,
    [keys.eventBusName]: 'default',
  });
}

/** With the table on this disk, locked, an execution that is not ours died with its process. */
async function executionLookup(
  executions: ReadonlyMap<string, ExecutionHandle>,
  isOnDisk: boolean,
): Promise<Part> {
  const emulator = await startStepFunctions({
    lookup: (executionArn) => executions.get(executionArn)?.status(),
    ...(isOnDisk ? { unknownLocal: 'ABORTED' as const } : {}),
  });
  return partOf(emulator, { AWS_ENDPOINT_URL_SFN: emulator.url });
}

async function linkedSource(
  directory: string,
  { bucket, key }: { bucket: string; key: string },
  file: string,
): Promise<Part> {
  const emulator = await startS3({ directory: join(directory, 'objects'), buckets: [bucket] });
  await emulator.linkFile(bucket, key, resolve(file));
  return partOf(emulator, { AWS_ENDPOINT_URL_S3: emulator.url, ...credentialsUnlessThere() });
}

/** A table at AWS needs the person's own credentials; one on this disk takes any. */
function credentialsUnlessThere(): Record<string, string> {
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_REGION } = process.env;
  const region = { AWS_REGION: AWS_REGION ?? localRegion };
  if (AWS_ACCESS_KEY_ID || AWS_PROFILE) return region;
  const { accessKeyId, secretAccessKey } = localCredentials;
  return { ...region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** The SDK insists on a Region, even where only a profile or an address of one's own matters. */
function awsRegion(): Part {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE } = process.env;
  const isKnown = AWS_REGION || AWS_PROFILE;
  return {
    environment: isKnown ? {} : { AWS_REGION: AWS_DEFAULT_REGION ?? localRegion },
    close: async () => {},
  };
}

function partOf(emulator: Emulator, environment: Record<string, string>): Part {
  return { environment, close: () => emulator.close() };
}
