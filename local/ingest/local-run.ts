import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Log } from '#src/core/ports/log.ts';
import { checkBaseUrl } from '#src/destinations/twelvelabs/api-client.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import type { Ports } from '#src/transfer/step.ts';
import { startDynamoDb } from '../emulators/dynamodb.ts';
import { startEventBridge } from '../emulators/eventbridge.ts';
import { removeUserAwsSettings } from '../emulators/local-account.ts';
import type { Emulator } from '../emulators/loopback.ts';
import { startS3 } from '../emulators/s3.ts';
import { startStepFunctions } from '../emulators/step-functions.ts';
import { openPipeline } from '../pipeline.ts';
import type { ExecutionHandle, ExecutionOptions } from '../state-machine/run.ts';
import { ensureAwsAccess } from './aws-access.ts';
import { releaseDeadClaims } from './dead-claims.ts';
import { localEvents, localExecutions, localSource, localTable } from './local-ports.ts';
import { type PreviousFailure, previousFailure } from './previous-run.ts';
import { type HashProgress, type IngestSource, type LocalFile, readSource } from './source.ts';

export interface IngestOptions {
  /** A DynamoDB table of this name, in place of the one on disk. */
  readonly table?: string;
  /** Where the table on disk is kept. */
  readonly stateDir?: string;
  /** Whether the requester pays for reading an object at AWS. */
  readonly requestPayer?: boolean;
}

/** The pipeline on a laptop: real destination, real or linked source, proofs on disk. */
export interface LocalRun {
  readonly source: IngestSource;
  /** How the last run of the same content failed, where the proofs are on this disk. */
  readonly previous: PreviousFailure | undefined;
  start(input: unknown, options?: Pick<ExecutionOptions, 'onEvent'>): ExecutionHandle;
  close(): Promise<void>;
}

/** A part of the run: the ports and the environment that it gives to the steps, and how it ends. */
interface Part {
  readonly ports?: Partial<Ports>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly previous?: PreviousFailure | undefined;
  readonly close: () => Promise<void>;
}

/** As long as a whole execution may last: here no Lambda ends a call. In seconds. */
const week = 7 * 24 * 3600;

const tableName = 'transfers';

/**
 * Opens all that one ingest needs. The state on disk belongs to one content and one run at a time.
 * The user's AWS settings reach what is at AWS, and nothing else.
 * @throws ConfigurationError - the API key or AWS credentials are missing, a proxy or the base URL is
 * no such URL, or another run has this content in hand
 * @throws InvalidInputError - the source is neither a file nor an s3:// URL
 */
export async function openLocalRun(
  name: string,
  options: IngestOptions,
  log: Log,
  onHash: HashProgress,
): Promise<LocalRun> {
  assertEnvironment();
  const stateHome = await makeStateHome(options);
  const source = await readSource(name, stateHome, onHash);
  await prepareAws(source, options);
  const directory = join(stateHome, source.stateId);
  const executions = new Map<string, ExecutionHandle>();
  const parts = await openParts([
    () => (options.table ? tableAtAws(options.table) : tableOnDisk(directory)),
    eventRecorder,
    () => executionLookup(executions, !options.table),
    ...(source.file ? [() => linkedSource(directory, source, source.file as LocalFile)] : []),
  ]);
  const pipeline = openPipeline({
    buckets: [source.bucket],
    requestPayer: options.requestPayer,
    environment: Object.assign(
      { [keys.localRun]: 'true' },
      ...parts.map(({ environment }) => environment),
    ),
    overrides: Object.assign({ log }, ...parts.map(({ ports }) => ports)),
    sendTimeoutSeconds: week,
  });
  return {
    source,
    previous: parts.find(({ previous }) => previous)?.previous,
    start(input, more) {
      const execution = pipeline.start(input, more);
      executions.set(execution.executionArn, execution);
      return execution;
    },
    async close() {
      await pipeline.close();
      await closeParts(parts);
    },
  };
}

/** Opens parts in order. Where one fails, those before it are closed, or they would keep the process. */
async function openParts(openers: readonly (() => Part | Promise<Part>)[]): Promise<Part[]> {
  const parts: Part[] = [];
  try {
    for (const open of openers) parts.push(await open());
    return parts;
  } catch (error) {
    await closeParts(parts);
    throw error;
  }
}

async function closeParts(parts: readonly Part[]): Promise<void> {
  await Promise.all(parts.map((part) => part.close()));
}

/** Fails on a wrong environment before a large file is hashed. */
function assertEnvironment(): void {
  readProxies(process.env);
  const { [keys.apiKey]: apiKey, [keys.baseUrl]: baseUrl } = process.env;
  if (baseUrl !== undefined) checkBaseUrl(baseUrl);
  if (apiKey) return;
  throw new TransferError(
    'ConfigurationError',
    `${keys.apiKey} is not set: put the service's API key into it`,
  );
}

async function prepareAws({ name, file }: IngestSource, { table }: IngestOptions): Promise<void> {
  if (file && !table) removeUserAwsSettings();
  else await ensureAwsAccess({ object: file ? undefined : name, table });
}

async function makeStateHome({ stateDir }: IngestOptions): Promise<string> {
  const home = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  const directory = stateDir ?? join(home, 'chunkferry');
  await mkdir(directory, { recursive: true });
  return directory;
}

async function tableOnDisk(directory: string): Promise<Part> {
  const table = tableDefinition(tableName);
  const emulator = await startDynamoDb({ directory: join(directory, 'table'), table });
  await releaseDeadClaims(emulator.url, tableName);
  return {
    ports: localTable(emulator.url, tableName),
    previous: await previousFailure(emulator.url, tableName),
    close: () => emulator.close(),
  };
}

function tableAtAws(name: string): Part {
  return { environment: { [keys.tableName]: name }, close: async () => {} };
}

async function eventRecorder(): Promise<Part> {
  const emulator = await startEventBridge();
  return partOf(emulator, localEvents(emulator.url));
}

/** With a table that this process alone uses, an execution that is not ours died with its process. */
async function executionLookup(
  executions: ReadonlyMap<string, ExecutionHandle>,
  isOnDisk: boolean,
): Promise<Part> {
  const emulator = await startStepFunctions({
    lookup: (executionArn) => executions.get(executionArn)?.status(),
    ...(isOnDisk ? { unknownLocal: 'ABORTED' as const } : {}),
  });
  return partOf(emulator, localExecutions(emulator.url));
}

async function linkedSource(
  directory: string,
  { bucket, key }: IngestSource,
  { path, contentType, content }: LocalFile,
): Promise<Part> {
  const emulator = await startS3({ directory: join(directory, 'objects'), buckets: [bucket] });
  await emulator.linkFile(bucket, key, path, contentType, content);
  const agent = createAgent();
  return {
    ports: localSource(agent, emulator.url, content.etag),
    close: async () => {
      await closeAgent(agent);
      await emulator.close();
    },
  };
}

function partOf(emulator: Emulator, ports: Partial<Ports>): Part {
  return { ports, close: () => emulator.close() };
}
