import { Command } from 'commander';
import { TransferError } from '#src/core/errors.ts';
import type { ExecutionHandle, ExecutionResult } from '../state-machine/run.ts';
import { failureOf, printable, runCommand } from './command-line.ts';
import { type IngestOptions, openLaptop } from './laptop.ts';
import { createProgress, type Progress } from './progress.ts';
import { summaryOf } from './summary.ts';

interface Flags extends IngestOptions {
  readonly json?: boolean;
  readonly filename?: string;
  readonly metadata?: string;
  readonly enableHls?: boolean;
  readonly enableThumbnail?: boolean;
  readonly force?: boolean;
}

const command = new Command('ingest')
  .description(
    'Moves one file into TwelveLabs by the state machine that deploys. Run again after an interruption, it goes on where it was.',
  )
  .argument('<source>', 'a media file, or s3://bucket/key')
  .option('--json', "print the execution's output as one JSON object on stdout, all else on stderr")
  .option('--filename <name>', "the asset's filename; the key's last segment where left out")
  .option(
    '--metadata <json>',
    'user metadata of the asset: a JSON object of strings, numbers, booleans and lists of strings',
  )
  .option('--enable-hls', 'let the service prepare the asset for streaming')
  .option('--enable-thumbnail', 'let the service make a thumbnail')
  .option('--force', 'ingest again although this content is an asset already')
  .option('--table <name>', 'keep the proofs in this DynamoDB table instead of on this disk')
  .option('--state-dir <folder>', 'keep the proofs in this folder')
  .addHelpText(
    'after',
    `
Environment:
  TWELVE_LABS_API_KEY        the API key
  TWELVELABS_BASE_URL        another server than TwelveLabs' own, with /v1.3
  AWS_ENDPOINT_URL_S3        where s3:// is, if not at AWS; AWS credentials come from the usual places
  AWS_ENDPOINT_URL_DYNAMODB  where the table is, if neither on this disk nor at AWS
  UPLOAD_REPLY_MS            how long the upload host may take to reply to a chunk, in milliseconds
  HTTPS_PROXY, NO_PROXY      the proxy that leads out, and the hosts reached without it
  NODE_EXTRA_CA_CERTS        the CA certificate of a proxy that inspects TLS`,
  )
  .action((source: string, flags: Flags) => runCommand(() => ingest(source, flags)));

await command.parseAsync();

async function ingest(source: string, flags: Flags): Promise<number> {
  const asked = optionsOf(flags);
  const progress = createProgress(process.stderr);
  const laptop = await openLaptop(source, flags, progress.log);
  try {
    const execution = laptop.start({ ...laptop.reference, ...asked });
    const result = await untilEnd(execution, progress);
    return tell(result, Boolean(flags.json));
  } finally {
    progress.stop();
    await laptop.close();
  }
}

function optionsOf({ filename, metadata, enableHls, enableThumbnail, force }: Flags) {
  const userMetadata = metadata === undefined ? undefined : parseMetadata(metadata);
  return { filename, userMetadata, enableHls, enableThumbnail, force };
}

function parseMetadata(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TransferError(
      'InvalidInputError',
      `--metadata ${text} is not JSON; '{"title":"Final"}' would be`,
    );
  }
}

/** Ctrl-C ends the run between two bytes; the proofs stay. */
async function untilEnd(execution: ExecutionHandle, progress: Progress): Promise<ExecutionResult> {
  const interrupt = () => {
    progress.stop();
    progress.say(
      'Interrupted. Run the same command again: it goes on from the chunks already kept.',
    );
    process.exit(130);
  };
  process.once('SIGINT', interrupt);
  const result = await execution.result;
  process.off('SIGINT', interrupt);
  progress.stop();
  return result;
}

/** The asset id comes last; success is an asset that can be used, nothing less. */
function tell(result: ExecutionResult, asJson: boolean): number {
  const told = result.output ? (result.output as Record<string, unknown>) : failureTold(result);
  const isReady = told.status === 'ready' || told.status === 'already-ingested';
  if (asJson) process.stdout.write(`${JSON.stringify(told)}\n`);
  if (!isReady) process.stderr.write(`${printable(reasonOf(told))}\n`);
  else if (!asJson) process.stdout.write(`${headOf(told)}${summaryOf(told)}${told.assetId}\n`);
  return isReady ? 0 : 1;
}

function failureTold(result: ExecutionResult): Record<string, unknown> {
  return { status: 'failed', ...failureOf(result) };
}

function headOf({ status }: Record<string, unknown>): string {
  return status === 'already-ingested'
    ? 'This content is an asset already; --force would ingest it again.\n'
    : '';
}

function reasonOf({
  status,
  error,
  cause,
  execution,
  leaseUntil,
  why,
}: Record<string, unknown>): string {
  if (status === 'running-elsewhere')
    return `Another run has this transfer: ${execution}, until ${leaseUntil} at least.`;
  if (status === 'superseded')
    return `The source changed while it was read: ${why}. Run again to ingest what it is now.`;
  return `${error}: ${cause}`;
}
