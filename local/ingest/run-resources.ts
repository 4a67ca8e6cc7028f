import { join } from 'node:path';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import type { Ports } from '#src/step-support/step.ts';
import { startDynamoDb } from '../emulators/dynamodb.ts';
import { startEventBridge } from '../emulators/eventbridge.ts';
import { removeUserAwsSettings } from '../emulators/local-account.ts';
import type { Emulator } from '../emulators/loopback.ts';
import { startStepFunctions } from '../emulators/step-functions.ts';
import { openPipeline } from '../pipeline.ts';
import type { ExecutionHandle } from '../state-machine/run.ts';
import { ensureAwsAccess } from './aws-access.ts';
import { releaseDeadClaims } from './dead-claims.ts';
import {
  createLocalEvents,
  createLocalExecutions,
  createLocalSource,
  createLocalTable,
} from './local-ports.ts';
import type { IngestOptions, LocalDestination, LocalRun, ShownPorts } from './local-run.ts';
import { type PreviousFailure, readPreviousFailure } from './previous-run.ts';
import type { IngestSource, LocalFile } from './source.ts';

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
 * Opens the resources of one ingest: the table, the endpoints, the file's object and the pipeline.
 * @param stateHome - folder with the state of all contents
 * @throws ConfigurationError - AWS credentials are missing, or another run is sending this content
 */
export async function openResourcesOf(
  source: IngestSource,
  stateHome: string,
  options: IngestOptions & Pick<LocalDestination, 'environment'>,
  shown: ShownPorts,
): Promise<LocalRun> {
  await prepareAws(source, options);
  const directory = join(stateHome, source.stateId);
  const executions = new Map<string, ExecutionHandle>();
  const resources = await openResources([
    () => (options.table ? openTableAtAws(options.table) : startTableOnDisk(directory)),
    startEventRecorder,
    () => startExecutionLookup(executions, !options.table),
    ...(source.file ? [() => linkSource(directory, source, source.file as LocalFile)] : []),
  ]);
  const pipeline = openPipeline({
    buckets: [source.bucket],
    requestPayer: options.requestPayer,
    mediaType: options.mediaType,
    environment: Object.assign(
      { [keys.localRun]: 'true', ...options.environment },
      ...resources.map(({ environment }) => environment),
    ),
    overrides: Object.assign({ ...shown }, ...resources.map(({ ports }) => ports)),
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

async function prepareAws({ name, file }: IngestSource, { table }: IngestOptions): Promise<void> {
  if (file && !table) removeUserAwsSettings();
  else await ensureAwsAccess({ object: file ? undefined : name, table });
}

async function startTableOnDisk(directory: string): Promise<LocalResource> {
  const table = tableDefinition(tableName);
  const emulator = await startDynamoDb({ directory: join(directory, 'table'), table });
  await releaseDeadClaims(emulator.url, tableName);
  return {
    ports: createLocalTable(emulator.url, tableName),
    previous: await readPreviousFailure(emulator.url, tableName),
    close: () => emulator.close(),
  };
}

function openTableAtAws(name: string): LocalResource {
  return { environment: { [keys.tableName]: name }, close: async () => {} };
}

async function startEventRecorder(): Promise<LocalResource> {
  const emulator = await startEventBridge();
  return resourceOf(emulator, createLocalEvents(emulator.url));
}

/** Serves execution states. Only one process uses the table on disk: an unknown execution has ended. */
async function startExecutionLookup(
  executions: ReadonlyMap<string, ExecutionHandle>,
  isOnDisk: boolean,
): Promise<LocalResource> {
  const emulator = await startStepFunctions({
    lookup: (executionArn) => executions.get(executionArn)?.status(),
    ...(isOnDisk ? { unknownLocal: 'ABORTED' as const } : {}),
  });
  return resourceOf(emulator, createLocalExecutions(emulator.url));
}

async function linkSource(
  directory: string,
  { bucket, key }: IngestSource,
  { path, contentType, content }: LocalFile,
): Promise<LocalResource> {
  // s3rver takes a tenth of the start, and an object at S3 does not need it.
  const { startS3 } = await import('../emulators/s3.ts');
  const emulator = await startS3({ directory: join(directory, 'objects'), buckets: [bucket] });
  await emulator.linkFile(bucket, key, path, contentType, content);
  const agent = createAgent();
  return {
    ports: createLocalSource(agent, emulator.url, content.etag),
    close: async () => {
      await closeAgent(agent);
      await emulator.close();
    },
  };
}

function resourceOf(emulator: Emulator, ports: Partial<Ports>): LocalResource {
  return { ports, close: () => emulator.close() };
}
