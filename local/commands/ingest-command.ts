import { Command } from 'commander';
import { TransferError } from '#src/core/errors/errors.ts';
import { type IngestOptions, type LocalRun, openLocalRun } from '../ingest/local-run.ts';
import { type IngestSource, withUserNames } from '../ingest/source.ts';
import type { ExecutionResult } from '../state-machine/run.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { summaryOf } from '../terminal/summary.ts';
import { beforeEnd, failureOf, printable, runCommand, withLocalNextStep } from './command-line.ts';
import { assertOnlyJson, isJsonAsked } from './json-output.ts';

interface Flags extends IngestOptions {
  readonly json?: boolean;
  readonly filename?: string;
  readonly metadata?: string;
  readonly enableHls?: boolean;
  readonly enableThumbnail?: boolean;
  readonly force?: boolean;
}

const interrupted = 'Interrupted. Run the same command again. It continues from the stored chunks.';

const command = new Command('npm run ingest --')
  .description(
    'Moves one file into TwelveLabs, with the same state machine and functions as the deployed stack. Stores a proof on disk for each chunk that arrived. After an interruption, run the same command again to continue.',
  )
  .argument('<source>', 'a media file, or s3://bucket/key')
  .option('--json', 'print the result as one JSON object on stdout, all other output on stderr')
  .option('--filename <name>', 'filename of the asset (default: the name of the file)')
  .option(
    '--metadata <json>',
    'user metadata of the asset: a JSON object with strings, numbers, booleans and lists of strings',
  )
  .option('--enable-hls', 'prepare the asset for streaming')
  .option('--enable-thumbnail', 'create a thumbnail')
  .option('--force', 'ingest again, even if an asset with this content exists')
  .option('--request-payer', 'pay for reads of s3:// (Requester Pays buckets)')
  .option('--table <name>', 'store the proofs in this DynamoDB table instead of on this disk')
  .option(
    '--state-dir <folder>',
    'store the proofs in this folder (default: chunkferry in $XDG_STATE_HOME or ~/.local/state)',
  )
  .addHelpText(
    'after',
    `
Environment:
  TWELVE_LABS_API_KEY        your API key; required
  TWELVELABS_BASE_URL        base URL of another server than TwelveLabs, with /v1.3
  AWS_PROFILE, AWS_…         as in other AWS tools; used only for s3:// and --table
  AWS_ENDPOINT_URL_S3        endpoint of s3:// (default: AWS)
  AWS_ENDPOINT_URL_DYNAMODB  endpoint of --table (default: AWS)
  UPLOAD_REPLY_MS            time limit for the upload host's reply to a chunk, in milliseconds
  HTTPS_PROXY, HTTP_PROXY    proxy for outgoing https and http calls
  NO_PROXY                   hosts that are called without the proxy
  PRIVATE_UPLOAD_HOSTS       true allows upload hosts with private addresses
  NODE_EXTRA_CA_CERTS        CA certificate of a proxy that inspects TLS
  CHUNKFERRY_DEBUG           any value adds the stack trace to an error

Exits with 0 if the asset is ready, else with 1.`,
  )
  .action((source: string, flags: Flags) =>
    runCommand(() => ingest(source, flags), { runtime: 'local', interrupted }),
  );

await command.parseAsync();

async function ingest(name: string, flags: Flags): Promise<number> {
  const options = optionsOf(flags);
  const asJson = isJsonAsked(flags.json);
  if (asJson) assertOnlyJson();
  const progress = createProgress(process.stderr);
  beforeEnd(progress.stop);
  const run = await openLocalRun(name, flags, progress.ports, progress.hashed);
  try {
    printPrevious(run, progress, flags);
    const { bucket, key, file } = run.source;
    const { onEvent } = progress;
    const input = { bucket, key, filename: file?.filename, ...options };
    const result = await run.start(input, { onEvent }).result;
    progress.stop();
    return printOutcome(outcomeOf(result, run), run, progress, asJson);
  } finally {
    progress.stop();
    await run.close();
  }
}

/** Returns the options that are set. An undefined field would override the default. */
function optionsOf({ filename, metadata, enableHls, enableThumbnail, force }: Flags) {
  const userMetadata = metadata === undefined ? undefined : parseMetadata(metadata);
  const options = { filename, userMetadata, enableHls, enableThumbnail, force };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function parseMetadata(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TransferError(
      'InvalidInputError',
      `Invalid --metadata ${JSON.stringify(text)}: must be JSON, such as '{"title":"Final"}'`,
    );
  }
}

/** Prints the failure of the previous run: the same failure may occur again after all bytes are sent. */
function printPrevious({ previous, source }: LocalRun, progress: Progress, { force }: Flags): void {
  if (!previous) return;
  const { error, cause } = withLocalNextStep(previous);
  const plan =
    previous.hadAllBytes || force
      ? 'This run sends all bytes again.'
      : 'This run continues from the stored chunks.';
  const failed = `The last run of this content failed: ${error}: ${withUserNames(cause, source)}`;
  progress.print(printable(`${failed} ${plan}`));
}

type Outcome = Readonly<Record<string, unknown>>;

/** Returns the execution's output or its failure. Local files have the name that the user gave. */
function outcomeOf(result: ExecutionResult, { source }: LocalRun): Outcome {
  if (!result.output) {
    const { error, cause } = failureOf(result);
    return { status: 'failed', error, cause: withUserNames(cause, source) };
  }
  const output = result.output as Outcome;
  return source.file ? withFile(output, source) : output;
}

/** Replaces bucket, key and ETag by the file: they exist only in the local S3. */
function withFile({ bucket: _, key: __, etag: ___, ...output }: Outcome, source: IngestSource) {
  const why = output.why === undefined ? {} : { why: withUserNames(String(output.why), source) };
  return { ...output, ...why, file: source.name };
}

/** Prints the outcome, with the asset id as the last line. Returns 0 only if the asset is ready. */
function printOutcome(
  outcome: Outcome,
  run: LocalRun,
  progress: Progress,
  asJson: boolean,
): number {
  const isReady = outcome.status === 'ready' || outcome.status === 'already-ingested';
  if (asJson) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (!isReady) process.stderr.write(`${printable(reasonOf(outcome))}\n`);
  else if (!asJson) process.stdout.write(reportOf(outcome, run, progress));
  return isReady ? 0 : 1;
}

function reportOf(outcome: Outcome, { source }: LocalRun, progress: Progress): string {
  const head =
    outcome.status === 'already-ingested'
      ? 'An asset with this content exists. Use --force to ingest it again.\n'
      : '';
  const named = [source.file ? 'file' : 'object', source.name] as const;
  return `${head}${summaryOf(outcome, named, progress.sent())}${outcome.assetId}\n`;
}

function reasonOf({ status, error, cause, leaseUntil, position, why }: Outcome): string {
  if (status === 'running-elsewhere')
    return `Another run is sending this object. Its lease ends at ${leaseUntil} at the earliest. Wait until it finishes, then run the same command again.`;
  if (status === 'queued')
    return `This object is in the queue of the deployed stack, at position ${position}. The stack moves it when a slot is free.`;
  if (status === 'cancelled') return `This transfer was cancelled. ${why ?? ''}`.trim();
  if (status === 'superseded')
    return `The source changed while it was read: ${why}. Run the command again to send the new content.`;
  return `${error}: ${cause}`;
}
