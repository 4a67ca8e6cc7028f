import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { formatBytes, parseSize } from '#local/terminal/size.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { definitionOf } from '#src/destinations/registry.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import type { Failure } from '#src/outcome/failure.ts';
import { removeUserAwsSettings } from '../emulators/local-account.ts';
import { type Emulators, startEmulators } from '../emulators/start-emulators.ts';
import { paddedMedia, smallestMediaBytes } from '../media/padded-media.ts';
import { openPipeline } from '../pipeline.ts';
import type { Sample } from '../simulators/entry.ts';
import type { Progress } from '../terminal/progress.ts';
import { failureOf } from './command-line.ts';
import type { LocalDefinition } from './destination-options.ts';
import { type SimulatedService, simulatorOf } from './simulated-service.ts';

const bucket = 'films';
const tableName = 'transfers';

/** The object in the local S3. */
interface StoredFile {
  readonly key: string;
  readonly sha256: string;
}

/** What the demo moves, and where to. */
export interface DemoOptions {
  /** A file of the user. Default: a generated one. */
  readonly file?: string | undefined;
  /** The size of the generated file, such as `256MiB`. */
  readonly size?: string | undefined;
  /** The kind of the simulated destination. */
  readonly destination: string;
}

/** How the demo ended. */
export interface DemoResult {
  readonly definition: LocalDefinition;
  /** The URL of the object in the local S3. */
  readonly object: string;
  /** The output of the execution; undefined if it failed. */
  readonly output?: Readonly<Record<string, unknown>>;
  readonly failure?: Failure;
  /** The SHA-256 of the bytes in the local S3, and of those at the service. */
  readonly sha256: { readonly source: string; readonly arrived?: string };
}

/** A simulated destination. */
interface Simulated {
  readonly definition: LocalDefinition;
  readonly service: SimulatedService;
}

/**
 * Moves a file from a local S3 into a simulated destination, with the state machine and the functions of a stack.
 * @throws InvalidInputError - the file does not exist, or the size is invalid
 * @throws ConfigurationError - a proxy of the environment is invalid
 */
export async function runDemo(options: DemoOptions, progress: Progress): Promise<DemoResult> {
  const { file, size, destination } = options;
  const definition = definitionOf(destination, '--destination');
  removeUserAwsSettings();
  readProxies(process.env);
  const { sample, start } = await simulatorOf(definition);
  const sizeBytes = file ? await fileSize(file) : await sampleSize(size ?? sample.size);
  const emulators = await startEmulators({ buckets: [bucket], table: tableDefinition(tableName) });
  const service = await start();
  try {
    const noun = file ? 'a file' : sample.noun;
    progress.print(`Putting ${noun} of ${formatBytes(sizeBytes)} into the local S3.`);
    const stored = file ? await link(emulators, file) : await make(emulators, sample, sizeBytes);
    return await move(emulators, { definition, service }, stored, progress);
  } finally {
    progress.stop();
    await Promise.all([emulators.close(), service.close()]);
  }
}

async function fileSize(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile()) return found.size;
  throw new TransferError(
    'InvalidInputError',
    `Invalid file ${JSON.stringify(file)}: must be an existing file`,
  );
}

async function sampleSize(text: string): Promise<number> {
  const sizeBytes = parseSize(text);
  const least = await smallestMediaBytes();
  if (sizeBytes >= least) return sizeBytes;
  throw new TransferError(
    'InvalidInputError',
    `Invalid --size ${JSON.stringify(text)}: must be at least ${least} bytes, the size of the sample`,
  );
}

async function make(
  { s3 }: Emulators,
  { key, contentType }: Sample,
  sizeBytes: number,
): Promise<StoredFile> {
  const hash = createHash('sha256');
  const film = (await paddedMedia(sizeBytes)).pipe(
    new Transform({
      transform(bytes, _encoding, done) {
        hash.update(bytes);
        done(null, bytes);
      },
    }),
  );
  await s3.putStream(bucket, key, film, sizeBytes, contentType);
  return { key, sha256: hash.digest('hex') };
}

async function link({ s3 }: Emulators, file: string): Promise<StoredFile> {
  const key = basename(file);
  await s3.linkFile(bucket, key, file);
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes);
  return { key, sha256: hash.digest('hex') };
}

async function move(
  emulators: Emulators,
  { definition, service }: Simulated,
  { key, sha256: source }: StoredFile,
  progress: Progress,
): Promise<DemoResult> {
  const pipeline = openPipeline({
    buckets: [bucket],
    environment: {
      ...emulators.environment,
      TABLE_NAME: tableName,
      EVENT_BUS_NAME: 'default',
      ...service.environment,
    },
    overrides: progress.ports,
  });
  progress.print(`Moving it into the simulated ${definition.title}.`);
  const execution = pipeline.start({ bucket, key }, { onEvent: progress.onEvent });
  emulators.follow(execution);
  const result = await execution.result;
  progress.stop();
  await pipeline.close();
  const moved = { definition, object: `s3://${bucket}/${key}` };
  if (result.status !== 'SUCCEEDED')
    return { ...moved, failure: failureOf(result), sha256: { source } };
  const output = result.output as Readonly<Record<string, unknown>>;
  const arrived = await service.storedSha256(`${output.assetId}`);
  return { ...moved, output, sha256: { source, arrived } };
}
