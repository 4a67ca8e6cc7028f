import { readSettings } from '#src/config/environment.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { MediaType } from '#src/core/source/media-types.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import type { Ports } from '#src/step-support/step.ts';
import { makeFolder } from '../make-folder.ts';
import type { ExecutionHandle, ExecutionOptions } from '../state-machine/run.ts';
import type { PreviousFailure } from './previous-run.ts';
import { readOfflineDestination } from './read-offline-destination.ts';
import { type HashProgress, type IngestSource, readSource } from './source.ts';
import { defaultStateHome } from './state-home.ts';

export interface IngestOptions {
  /** The DynamoDB table for the proofs. Default: a table on disk. */
  readonly table?: string;
  /** Folder of the table on disk. */
  readonly stateDir?: string;
  /** Whether the requester pays for reading an object at AWS. */
  readonly requestPayer?: boolean;
  /** What the source is, if its extension does not say it. */
  readonly mediaType?: MediaType;
}

/** The service that receives the file. */
export interface LocalDestination {
  readonly definition: AnyDefinition;
  /** Variables that replace those of the user's environment. */
  readonly environment: Readonly<Record<string, string>>;
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
  destination: LocalDestination,
  shown: ShownPorts,
  onHash: HashProgress,
): Promise<LocalRun> {
  const accepting = checkedDestination(destination);
  const stateHome = await makeStateHome(options);
  const source = await readSource(name, acceptingAs(accepting, options), stateHome, onHash);
  // The SDKs and the emulators take a second to load: a wrong call gets its answer before.
  const { openResourcesOf } = await import('./run-resources.ts');
  return openResourcesOf(source, stateHome, { ...options, ...destination }, shown);
}

/** Returns the rules of a destination for sources of one media type, if the user says what they are. */
export function acceptingAs(
  destination: Destination,
  { mediaType }: Pick<IngestOptions, 'mediaType'>,
): Pick<Destination, 'accept'> {
  return { accept: (object) => destination.accept({ ...object, mediaType }) };
}

/** Checks the environment before a large file is hashed. Returns a destination that makes no call. */
export function checkedDestination({ definition, environment }: LocalDestination): Destination {
  readProxies(process.env);
  readSettings(process.env);
  const { variable, noun, flawOf } = definition.secret;
  const secret = process.env[variable];
  const destination = readOfflineDestination(definition, { ...process.env, ...environment });
  const flaw = secret
    ? flawOf?.(secret)
    : `is not set. Put the service's ${noun} into this environment variable`;
  if (flaw !== undefined) throw new TransferError('ConfigurationError', `${variable} ${flaw}`);
  return destination;
}

async function makeStateHome({ stateDir }: IngestOptions): Promise<string> {
  const directory = stateDir ?? defaultStateHome(process.env);
  await makeFolder(directory);
  return directory;
}
