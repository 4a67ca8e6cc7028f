import { Command } from 'commander';
import { TransferError } from '#src/core/errors/errors.ts';
import { type IngestOptions, type LocalRun, openLocalRun } from '../ingest/local-run.ts';
import { type IngestSource, withUserNames } from '../ingest/source.ts';
import type { ExecutionResult } from '../state-machine/run.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { summaryOf } from '../terminal/summary.ts';
import { beforeEnd, failureOf, withLocalNextStep, printable, runCommand } from './command-line.ts';
import { assertOnlyJson, isJsonAsked } from './json-output.ts';

interface Flags extends IngestOptions {
  readonly json?: boolean;
  readonly filename?: string;
  readonly metadata?: string;
  readonly enableHls?: boolean;
  readonly enableThumbnail?: boolean;
  readonly force?: boolean;
}

const interrupted =
  'Interrupted. Run the same command again. It continues from the stored chunks.';

const command = new Command('ingest')
  .description(
    'Moves one file into TwelveLabs by the state machine that deploys, with a proof on disk for each chunk that arrived. Run it again after an interruption to continue.',
  )
  .argument('<source>', 'a media file, or s3://bucket/key')
  .option('--json', 'print the result as one JSON object on stdout, all else on stderr')
  .option('--filename <name>', "the asset's filename; the file's own by default")
  .option(
    '--metadata <json>',
    'user metadata of the asset: a JSON object of strings, numbers, booleans and lists of strings',
  )
  .option('--enable-hls', 'let the service prepare the asset for streaming')
  .option('--enable-thumbnail', 'let the service make a thumbnail')
  .option('--force', 'ingest again although this content is an asset already')
  .option('--request-payer', 'pay for reads of s3:// (Requester Pays buckets)')
  .option('--table <name>', 'keep the proofs in this DynamoDB table instead of on this disk')
  .option('--state-dir <folder>', 'keep the proofs in this folder')
  .addHelpText(
    'after',
    `
Environment:
  TWELVE_LABS_API_KEY        the API key
  TWELVELABS_BASE_URL        another server than TwelveLabs' own, with /v1.3
  AWS_PROFILE, AWS_…         as in other AWS tools: used for s3:// and --table, and for nothing else
  AWS_ENDPOINT_URL_S3        where s3:// is, if not at AWS
  AWS_ENDPOINT_URL_DYNAMODB  where --table is, if not at AWS
  UPLOAD_REPLY_MS            how long the upload host may take to reply to a chunk, in milliseconds
  HTTPS_PROXY, HTTP_PROXY    the proxy for outgoing calls, for https and http
  NO_PROXY                   the hosts that are called without the proxy
  PRIVATE_UPLOAD_HOSTS       true lets chunks go to private addresses
  NODE_EXTRA_CA_CERTS        the CA certificate of a proxy that inspects TLS
  CHUNKFERRY_DEBUG           any value adds the stack trace to an error`,
  )
  .action((source: string, flags: Flags) =>
    runCommand(() => ingest(source, flags), { runtime: 'local', interrupted }),
  );

await command.parseAsync();

async function ingest(name: string, flags: Flags): Promise<number> {
  const asked = optionsOf(flags);
  const asJson = isJsonAsked(flags.json);
  if (asJson) assertOnlyJson();
  const progress = createProgress(process.stderr);
  beforeEnd(progress.stop);
  const run = await openLocalRun(name, flags, progress.log, progress.hashed);
  try {
    sayPrevious(run, progress, flags);
    const { bucket, key, file } = run.source;
    const { onEvent } = progress;
    const input = { bucket, key, filename: file?.filename, ...asked };
    const result = await run.start(input, { onEvent }).result;
    progress.stop();
    return tell(outcomeOf(result, run), run, progress, asJson);
  } finally {
    progress.stop();
    await run.close();
  }
}

/** Only what was asked for: an undefined field would hide the one in front of it. */
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

/** What failed before may fail again: the user hears of it before all bytes are sent once more. */
function sayPrevious({ previous, source }: LocalRun, progress: Progress, { force }: Flags): void {
  if (!previous) return;
  const { error, cause } = withLocalNextStep(previous);
  const now =
    previous.hadAllBytes || force
      ? 'All bytes are sent again.'
      : 'This run continues from the stored chunks.';
  const failed = `The last run of this content failed: ${error}: ${withUserNames(cause, source)}`;
  progress.say(printable(`${failed} ${now}`));
}

type Outcome = Readonly<Record<string, unknown>>;

/** The execution's output, or why it failed, in which a local file has the user's own name. */
function outcomeOf(result: ExecutionResult, { source }: LocalRun): Outcome {
  if (!result.output) {
    const { error, cause } = failureOf(result);
    return { status: 'failed', error, cause: withUserNames(cause, source) };
  }
  const output = result.output as Outcome;
  return source.file ? withFile(output, source) : output;
}

/** Bucket, key and ETag of a local file are the local S3's alone: nothing else can use them. */
function withFile({ bucket: _, key: __, etag: ___, ...output }: Outcome, source: IngestSource) {
  const why = output.why === undefined ? {} : { why: withUserNames(String(output.why), source) };
  return { ...output, ...why, file: source.name };
}

/** The asset id comes last; success is an asset that can be used, nothing less. */
function tell(outcome: Outcome, run: LocalRun, progress: Progress, asJson: boolean): number {
  const isReady = outcome.status === 'ready' || outcome.status === 'already-ingested';
  if (asJson) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (!isReady) process.stderr.write(`${printable(reasonOf(outcome))}\n`);
  else if (!asJson) process.stdout.write(reportOf(outcome, run, progress));
  return isReady ? 0 : 1;
}

function reportOf(outcome: Outcome, { source }: LocalRun, progress: Progress): string {
  const head =
    outcome.status === 'already-ingested'
      ? 'This content is an asset already; --force would ingest it again.\n'
      : '';
  const named = [source.file ? 'file' : 'object', source.name] as const;
  return `${head}${summaryOf(outcome, named, progress.sent())}${outcome.assetId}\n`;
}

function reasonOf({ status, error, cause, leaseUntil, position, why }: Outcome): string {
  if (status === 'running-elsewhere')
    return `Another run is sending this object and holds it until ${leaseUntil} at least. Wait for it to finish, then run the same command again.`;
  if (status === 'queued')
    return `This object waits in the queue of the deployed stack, at position ${position}. The stack moves it when a slot is free.`;
  if (status === 'cancelled') return `This transfer was cancelled. ${why ?? ''}`.trim();
  if (status === 'superseded')
    return `The source changed while it was read: ${why}. Run the command again: it sends what is there now.`;
  return `${error}: ${cause}`;
}
