import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { service } from '#src/destinations/twelvelabs/errors.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import { checkBaseUrl } from '#src/service-api/api-client.ts';
import type { Ports } from '#src/transfer/step.ts';
import type { ExecutionHandle, ExecutionOptions } from '../state-machine/run.ts';
import type { PreviousFailure } from './previous-run.ts';
import { type HashProgress, type IngestSource, readSource } from './source.ts';

export interface IngestOptions {
  /** The DynamoDB table for the proofs. Default: a table on disk. */
  readonly table?: string;
  /** Folder of the table on disk. */
  readonly stateDir?: string;
  /** Whether the requester pays for reading an object at AWS. */
  readonly requestPayer?: boolean;
}

/** The ports through which the progress of a run is shown. */
export type ShownPorts = Pick<Ports, 'log' | 'meter'>;

/** A local run of the pipeline: real destination, real or linked source, proofs on disk. */
export interface LocalRun {
  readonly source: IngestSource;
  /** The failure of the last run of the same content, if its proofs are on this disk. */
  readonly previous: PreviousFailure | undefined;
  start(input: unknown, options?: Pick<ExecutionOptions, 'onEvent'>): ExecutionHandle;
  close(): Promise<void>;
}

/**
 * Opens one ingest. The state on disk belongs to one content and one run at a time. The user's AWS
 * settings apply only to resources at AWS.
 * @throws ConfigurationError - the API key or AWS credentials are missing, a proxy or the base URL is
 * invalid, or another run is sending this content
 * @throws InvalidInputError - the source is neither a file nor an s3:// URL
 */
export async function openLocalRun(
  name: string,
  options: IngestOptions,
  shown: ShownPorts,
  onHash: HashProgress,
): Promise<LocalRun> {
  assertEnvironment();
  const stateHome = await makeStateHome(options);
  const source = await readSource(name, stateHome, onHash);
  // The SDKs and the emulators take a second to load: a wrong call gets its answer before.
  const { openResourcesOf } = await import('./run-resources.ts');
  return openResourcesOf(source, stateHome, options, shown);
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

async function makeStateHome({ stateDir }: IngestOptions): Promise<string> {
  const home = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  const directory = stateDir ?? join(home, 'chunkferry');
  await mkdir(directory, { recursive: true });
  return directory;
}
