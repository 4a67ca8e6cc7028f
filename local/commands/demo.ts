import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { Command } from 'commander';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { formatBytes, parseSize } from '#local/terminal/size.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { definitionOf } from '#src/destinations/registry.ts';
import { readProxies } from '#src/http/proxy-environment.ts';
import type { Failure } from '#src/outcome/failure.ts';
import { removeUserAwsSettings } from '../emulators/local-account.ts';
import { type Emulators, startEmulators } from '../emulators/start-emulators.ts';
import { paddedMedia, smallestMediaBytes } from '../media/padded-media.ts';
import { openPipeline } from '../pipeline.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { summaryOf } from '../terminal/summary.ts';
import { beforeEnd, failureOf, printable, runCommand } from './command-line.ts';
import { addDestinationOption, type LocalDefinition } from './destination-options.ts';
import { type Sample, type SimulatedService, sampleOf, startService } from './simulated-service.ts';

const bucket = 'films';
const tableName = 'transfers';

/** The object in the local S3. */
interface StoredFile {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

interface Flags {
  readonly size?: string;
  readonly destination: string;
}

/** A simulated destination. */
interface Simulated {
  readonly definition: LocalDefinition;
  readonly service: SimulatedService;
}

const described = new Command('npm run demo --')
  .description(
    'Moves a file from a local S3 into a simulated destination, with the same state machine and functions as the deployed stack. Needs no account and no key.',
  )
  .argument('[file]', 'a file of yours; the local S3 links it and makes no copy');

/** The command `npm run demo`. */
export const command = addDestinationOption(described)
  .option(
    '--size <size>',
    'size of the generated file, if you name none (default: 256MiB for a film)',
  )
  .action((file: string | undefined, flags: Flags) =>
    runCommand(() => demo(file, flags), { runtime: 'local' }),
  );

if (import.meta.main) await command.parseAsync();

async function demo(file: string | undefined, { size, destination }: Flags): Promise<number> {
  const definition = definitionOf(destination, '--destination');
  removeUserAwsSettings();
  readProxies(process.env);
  const sample = sampleOf(definition.kind);
  const sizeBytes = file ? await fileSize(file) : await sampleSize(size ?? sample.size);
  const progress = createProgress(process.stderr);
  beforeEnd(progress.stop);
  const emulators = await startEmulators({ buckets: [bucket], table: tableDefinition(tableName) });
  const service = await startService(definition);
  try {
    const noun = file ? 'a file' : sample.noun;
    progress.print(`Putting ${noun} of ${formatBytes(sizeBytes)} into the local S3.`);
    const stored = file
      ? await link(emulators, file, sizeBytes)
      : await make(emulators, sample, sizeBytes);
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
  return { key, sizeBytes, sha256: hash.digest('hex') };
}

async function link({ s3 }: Emulators, file: string, sizeBytes: number): Promise<StoredFile> {
  const key = basename(file);
  await s3.linkFile(bucket, key, file);
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes);
  return { key, sizeBytes, sha256: hash.digest('hex') };
}

async function move(
  emulators: Emulators,
  { definition, service }: Simulated,
  stored: StoredFile,
  progress: Progress,
): Promise<number> {
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
  const execution = pipeline.start({ bucket, key: stored.key }, { onEvent: progress.onEvent });
  emulators.follow(execution);
  const result = await execution.result;
  progress.stop();
  await pipeline.close();
  if (result.status !== 'SUCCEEDED') return reportFailure(failureOf(result));
  const output = result.output as Record<string, unknown>;
  const arrived = await service.storedSha256(`${output.assetId}`);
  return printSummary(output, stored, { progress, arrived, asset: definition.asset });
}

function reportFailure({ error, cause }: Failure): number {
  process.stderr.write(`${printable(`${error}: ${cause}`)}\n`);
  return 1;
}

/** What is printed besides the execution's output. */
interface Arrived {
  readonly progress: Progress;
  /** The SHA-256 of the bytes at the service. */
  readonly arrived: string;
  readonly asset: string;
}

function printSummary(
  output: Record<string, unknown>,
  stored: StoredFile,
  { progress, arrived, asset }: Arrived,
): number {
  const isEqual = arrived === stored.sha256;
  const object = ['object', `s3://${bucket}/${stored.key}`] as const;
  process.stdout.write(
    summaryOf(output, object, progress.sent(), {
      asset,
      more: [
        ['SHA-256 in S3', stored.sha256],
        ['SHA-256 arrived', `${arrived}${isEqual ? '  equal' : '  DIFFERENT'}`],
      ],
    }),
  );
  return isEqual ? 0 : 1;
}
