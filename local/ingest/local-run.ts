import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Log } from '#src/core/ports/log.ts';
import { service } from '#src/destinations/twelvelabs/errors.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import type { Ports } from '#src/transfer/step.ts';
import { checkBaseUrl } from '#src/service-api/api-client.ts';
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
  /** The DynamoDB table for the proofs. Default: a table on disk. */
  readonly table?: string;
  /** Folder of the table on disk. */
  readonly stateDir?: string;
  /** Whether the requester pays for reading an object at AWS. */
  readonly requestPayer?: boolean;
}

/** A local run of the pipeline: real destination, real or linked source, proofs on disk. */
export interface LocalRun {
  readonly source: IngestSource;
  /** The failure of the last run of the same content, if its proofs are on this disk. */
  readonly previous: PreviousFailure | undefined;
  start(input: unknown, options?: Pick<ExecutionOptions, 'onEvent'>): ExecutionHandle;
  close(): Promise<void>;
}

/** A resource of the run, with the ports and the environment that it provides. */
interface LocalResource {
  readonly ports?: Partial<Ports>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly previous?: PreviousFailure | undefined;
  readonly close: () => Promise<void>;
}

/** The time limit of one call of SendChunks, in seconds: a week. Lambda's limit does not exist locally. */
const sendTimeoutSeconds = 7 * 24 * 3600;

const tableName = 'transfers';

/**
 * Opens the resources of one ingest. The state on disk belongs to one content and one run at a time.
 * The user's AWS settings apply only to resources at AWS.
 * @throws ConfigurationError - the API key or AWS credentials are missing, a proxy or the base URL is
 * invalid, or another run is sending this content
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
  const resources = await openResources([
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
      ...resources.map(({ environment }) => environment),
    ),
    overrides: Object.assign({ log }, ...resources.map(({ ports }) => ports)),
    sendTimeoutSeconds,
  });
  return {
    source,
    previous: resources.find(({ previous }) => previous)?.previous,
    start(input, more) {
      const execution = pipeline.start(input, more);
      executions.set(execution.executionArn, execution);
      return execution;
    },
    async close() {
      await pipeline.close();
      await closeResources(resources);
    },
  };
}

/** Opens resources in order. After a failure, closes the open ones: they would keep the process alive. */
async function openResources(
  openers: readonly (() => LocalResource | Promise<LocalResource>)[],
): Promise<LocalResource[]> {
  const resources: LocalResource[] = [];
  try {
    for (const open of openers) resources.push(await open());
    return resources;
  } catch (error) {
    await closeResources(resources);
    throw error;
  }
}

async function closeResources(resources: readonly LocalResource[]): Promise<void> {
  await Promise.all(resources.map((resource) => resource.close()));
}

/** Checks the environment before a large file is hashed. */
function assertEnvironment(): void {
  readProxies(process.env);
  const { [keys.apiKey]: apiKey, [keys.baseUrl]: baseUrl } = process.env;
  if (baseUrl !== undefined) checkBaseUrl(service, baseUrl);
  if (apiKey) return;
  throw new TransferError(
    'ConfigurationError',
    `${keys.apiKey} is not set. Put the service's API key into this environment variable`,
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

async function tableOnDisk(directory: string): Promise<LocalResource> {
  const table = tableDefinition(tableName);
  const emulator = await startDynamoDb({ directory: join(directory, 'table'), table });
  await releaseDeadClaims(emulator.url, tableName);
  return {
    ports: localTable(emulator.url, tableName),
    previous: await previousFailure(emulator.url, tableName),
    close: () => emulator.close(),
  };
}

function tableAtAws(name: string): LocalResource {
  return { environment: { [keys.tableName]: name }, close: async () => {} };
}

async function eventRecorder(): Promise<LocalResource> {
  const emulator = await startEventBridge();
  return resourceOf(emulator, localEvents(emulator.url));
}

/** Serves execution states. Only one process uses the table on disk: an unknown execution has ended. */
async function executionLookup(
  executions: ReadonlyMap<string, ExecutionHandle>,
  isOnDisk: boolean,
): Promise<LocalResource> {
  const emulator = await startStepFunctions({
    lookup: (executionArn) => executions.get(executionArn)?.status(),
    ...(isOnDisk ? { unknownLocal: 'ABORTED' as const } : {}),
  });
  return resourceOf(emulator, localExecutions(emulator.url));
}

async function linkedSource(
  directory: string,
  { bucket, key }: IngestSource,
  { path, contentType, content }: LocalFile,
): Promise<LocalResource> {
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

function resourceOf(emulator: Emulator, ports: Partial<Ports>): LocalResource {
  return { ports, close: () => emulator.close() };
}
