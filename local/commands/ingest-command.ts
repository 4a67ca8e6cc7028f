import { Command } from 'commander';
import { hasAsset } from '#src/outcome/outcome.ts';
import { type IngestOptions, type LocalRun, openLocalRun } from '../ingest/local-run.ts';
import { type IngestSource, withUserNames } from '../ingest/source.ts';
import type { ExecutionResult } from '../state-machine/run.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { summaryOf } from '../terminal/summary.ts';
import { beforeEnd, failureOf, printable, runCommand, withLocalNextStep } from './command-line.ts';
import {
  addDestinationOption,
  addSettingOptions,
  chosenDestination,
  type LocalDefinition,
  withVariable,
} from './destination-options.ts';
import { mediaTypeOption } from './media-type-option.ts';
import { addTransferOptions, assertOptions, chosenOptions } from './transfer-options.ts';

interface Flags extends IngestOptions {
  readonly json?: boolean;
  readonly filename?: string;
  readonly force?: boolean;
}

const interrupted = 'Interrupted. Run the same command again. It continues from the stored chunks.';

const described = new Command('ingest').argument('<source>', 'a file, or s3://bucket/key');

const withOptions = addDestinationOption(described)
  .option('--json')
  .option('--filename <name>')
  .addOption(mediaTypeOption())
  .option('--force')
  .option('--request-payer')
  .option('--table <name>')
  .option('--state-dir <folder>')
  .action((source: string, flags: Flags) =>
    runCommand(() => ingest(source, flags), { runtime: 'local', interrupted }),
  );

/** The local run of one file, with the options that `chunkferry ingest` passes on and describes. */
export const command = addTransferOptions(addSettingOptions(withOptions));

async function ingest(name: string, flags: Flags): Promise<number> {
  const asJson = Boolean(flags.json);
  const progress = createProgress(process.stderr);
  beforeEnd(progress.stop);
  const destination = chosenDestination({ ...flags });
  const { definition } = destination;
  const options = optionsOf(flags, definition);
  assertOptions(options, definition);
  const run = await openLocalRun(name, flags, destination, progress.ports, progress.hashed);
  try {
    printPrevious(run, progress, flags, definition);
    const { bucket, key, file } = run.source;
    const { onEvent } = progress;
    const input = { bucket, key, filename: file?.filename, ...options };
    const result = await run.start(input, { onEvent }).result;
    progress.stop();
    return printOutcome(outcomeOf(result, run, definition), { run, progress, definition, asJson });
  } finally {
    progress.stop();
    await run.close();
  }
}

/** Returns the options that are set. An undefined field would override the default. */
function optionsOf({ filename, force, ...flags }: Flags, definition: LocalDefinition) {
  const options = { filename, force, ...chosenOptions(flags, definition) };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Prints the failure of the previous run: the same failure may occur again after all bytes are sent. */
function printPrevious(
  { previous, source }: LocalRun,
  progress: Progress,
  { force }: Flags,
  definition: LocalDefinition,
): void {
  if (!previous) return;
  const { error, cause } = withLocalNextStep(previous);
  const plan =
    previous.hadAllBytes || force
      ? 'This run sends all bytes again.'
      : 'This run continues from the stored chunks.';
  const reason = withVariable(withUserNames(cause, source), definition);
  const failed = `The last run of this content failed: ${error}: ${reason}`;
  progress.print(printable(`${failed} ${plan}`));
}

type Outcome = Readonly<Record<string, unknown>>;

/** Returns the execution's output or its failure. Local files have the name that the user gave. */
function outcomeOf(
  result: ExecutionResult,
  { source }: LocalRun,
  definition: LocalDefinition,
): Outcome {
  if (!result.output) {
    const { error, cause } = failureOf(result);
    const reason = withVariable(withUserNames(cause, source), definition);
    return { status: 'failed', error, cause: reason };
  }
  const output = result.output as Outcome;
  return source.file ? withFile(output, source) : output;
}

/** Replaces bucket, key and ETag by the file: they exist only in the local S3. */
function withFile({ bucket: _, key: __, etag: ___, ...output }: Outcome, source: IngestSource) {
  const why = output.why === undefined ? {} : { why: withUserNames(String(output.why), source) };
  return { ...output, ...why, file: source.name };
}

/** What an outcome is printed with. */
interface Printed {
  readonly run: LocalRun;
  readonly progress: Progress;
  readonly definition: LocalDefinition;
  readonly asJson: boolean;
}

/** Prints the outcome, with the asset id as the last line. Returns 0 only if the asset is ready. */
function printOutcome(outcome: Outcome, printed: Printed): number {
  const { asJson } = printed;
  const isReady = hasAsset(outcome.status);
  if (asJson) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (!isReady) process.stderr.write(`${printable(reasonOf(outcome))}\n`);
  else if (!asJson) process.stdout.write(reportOf(outcome, printed));
  return isReady ? 0 : 1;
}

function reportOf(outcome: Outcome, { run, progress, definition }: Printed): string {
  const { source } = run;
  const { asset } = definition;
  const head =
    outcome.status === 'already-ingested'
      ? `${asset === 'asset' ? 'An' : 'A'} ${asset} with this content exists. Use --force to ingest it again.\n`
      : '';
  const named = [source.file ? 'file' : 'object', source.name] as const;
  return `${head}${summaryOf(outcome, named, progress.sent(), { asset })}${outcome.assetId}\n`;
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
