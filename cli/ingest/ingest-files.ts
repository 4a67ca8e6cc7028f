import type { Command } from 'commander';
import type { ChosenDestination } from '#local/commands/destination-options.ts';
import { checkedDestination } from '#local/ingest/local-run.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { CommandError } from '../command-error.ts';
import { type Context, type Environment, note } from '../context.ts';
import { type Ending, exitCodes } from '../exit-codes.ts';
import { counted } from '../output/words.ts';
import { countsOf, runBatch } from './batch.ts';
import { createBatchDisplay } from './batch-display.ts';
import { type FileItem, findFiles } from './files.ts';
import type { IngestFlags } from './ingest-flags.ts';
import { endProcesses, type LocalProcess, moveFile, moveShown } from './move-file.ts';
import { reportBatch } from './report-batch.ts';

/** Files that are moved at once. A single file often uses the whole connection. */
const parallelByDefault = 2;

/** The call of a local run. */
export interface LocalCall {
  readonly command: Command;
  readonly destination: ChosenDestination;
  readonly context: Context;
}

/** Moves files, or objects with `--local`, by local runs: one process for each. */
export async function ingestFiles(
  sources: readonly string[],
  flags: IngestFlags,
  { command, destination, context }: LocalCall,
): Promise<Ending> {
  assertLocal(flags, command);
  const accepting = checkedDestination(destination);
  const { files, skipped } =
    flags.local && sources[0]?.startsWith('s3://')
      ? { files: sources.map((name): FileItem => ({ name, path: name })), skipped: [] }
      : findFiles(sources, destination.definition, acceptsOf(accepting), context.env);
  if (skipped.length > 0)
    note(
      context,
      `Leaves out ${counted(skipped.length, 'file')} that ${destination.definition.title} does not take by their extensions, such as ${skipped[0]}.`,
    );
  const local = { args: localArguments(command), env: localEnvironment(flags, process.env) };
  const [only, ...others] = files;
  if (only && others.length === 0) return moveOne(only, local, flags, context);
  if (flags.filename !== undefined)
    throw new CommandError(
      'usage',
      `Invalid --filename ${JSON.stringify(flags.filename)}: ${files.length} sources cannot share it. Name one source.`,
    );
  context.onInterrupt(() => {
    endProcesses();
    return interruptedLine(files);
  });
  const display = createBatchDisplay(files, context);
  const move = (item: FileItem, update: () => void) => moveFile(item, update, local);
  await runBatch(files, flags.parallel ?? parallelByDefault, move, display, {
    signal: context.signal,
    runtime: 'local',
  });
  display.close();
  return reportBatch(files, Boolean(flags.json), context);
}

async function moveOne(
  { path }: FileItem,
  local: LocalProcess,
  { json }: IngestFlags,
  context: Context,
): Promise<Ending> {
  // The process of the file prints its own line. A signal other than Ctrl-C may not have reached it.
  context.onInterrupt(() => {
    endProcesses();
    return '';
  });
  const code = await moveShown(path, {
    ...local,
    args: json ? [...local.args, '--json'] : local.args,
  });
  return endingOf(code);
}

function endingOf(code: number): Ending {
  const names = Object.keys(exitCodes) as Ending[];
  return names.find((name) => exitCodes[name] === code) ?? 'failed';
}

/** @throws CommandError - an option that only a stack has */
function assertLocal(flags: IngestFlags, command: Command): void {
  if (command.getOptionValueSource('stack') === 'cli')
    throw new CommandError(
      'usage',
      `Invalid option "--stack": a local run has no stack. Remove it, or name objects at S3 without --local.`,
    );
  for (const option of ['detach', 'watch', 'priority'] as const)
    if (flags[option] !== undefined)
      throw new CommandError(
        'usage',
        `Invalid option "--${option}": a local run has no queue and ends with this program. Remove it, or name objects at S3.`,
      );
}

function acceptsOf(destination: Pick<Destination, 'accept'>): (filename: string) => boolean {
  return (key) => {
    try {
      destination.accept({ key });
      return true;
    } catch {
      return false;
    }
  };
}

/** Options of this command that a local run does not have. */
const ownOptions = ['list', 'parallel', 'local', 'json', 'stack', 'profile', 'region'];

/** Returns the options of the local run, as the user set them. */
function localArguments(command: Command): string[] {
  return command.options.flatMap((option) => {
    const name = option.attributeName();
    if (ownOptions.includes(name) || command.getOptionValueSource(name) !== 'cli') return [];
    const value = command.getOptionValue(name);
    return value === true ? [String(option.long)] : [String(option.long), String(value)];
  });
}

/** Returns the environment of local runs: their account is that of `--profile` and `--region`, as with a stack. */
function localEnvironment({ profile, region }: IngestFlags, env: Environment): Environment {
  // The profile replaces keys of the environment.
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  const kept = Object.entries(env).filter(([name]) => !profile || !keys.includes(name));
  return {
    ...Object.fromEntries(kept),
    ...(profile && { AWS_PROFILE: profile }),
    ...(region && { AWS_REGION: region }),
  };
}

function interruptedLine(files: readonly FileItem[]): string {
  return `Interrupted: ${countsOf(files)}. The proofs of the chunks that arrived are stored. Run the same command again to continue.`;
}
