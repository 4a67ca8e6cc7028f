import type { Command } from 'commander';
import type { ChosenDestination } from '#local/commands/destination-options.ts';
import { acceptingAs, checkedDestination } from '#local/ingest/local-run.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { CommandError } from '../command-error.ts';
import { type Context, type Environment, printNote } from '../context.ts';
import { type Ending, exitCodes } from '../exit-codes.ts';
import { openS3 } from '../listing/s3-client.ts';
import type { LocalProcess } from '../local-run/local-process.ts';
import { endProcesses, moveFile, moveShown } from '../local-run/move-file.ts';
import { canMoveHere, moveHere } from '../local-run/move-here.ts';
import { counted } from '../output/words.ts';
import { countsOf, type RunItem, runBatch } from './batch.ts';
import { type BatchDisplay, createBatchDisplay } from './batch-display.ts';
import { type ChosenObjects, startLine } from './choose-objects.ts';
import { type FileItem, findFiles } from './files.ts';
import { findObjects, printPlan } from './find-objects.ts';
import type { Argument, IngestFlags } from './ingest-flags.ts';
import { serviceRules } from './object-rules.ts';
import { readUrls } from './objects.ts';
import { assertOneFilename } from './one-filename.ts';
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
  sources: readonly Argument[],
  flags: IngestFlags,
  call: LocalCall,
): Promise<Ending> {
  const { command, context } = call;
  assertLocal(flags, command);
  const found = await findSources(sources, flags, call);
  assertOneFilename(flags, found.items.length);
  if (flags.dryRun) {
    printPlan(found, Boolean(flags.json), context);
    return 'done';
  }
  const local = { args: localArguments(command), env: localEnvironment(flags, process.env) };
  const [only, ...others] = found.items;
  if (only && others.length === 0) return moveOne(only, local, flags, context);
  return moveAll(found, local, flags, context);
}

/** What a call moves, and listed objects that it leaves out. */
interface FoundSources extends Pick<ChosenObjects, 'leftOut'> {
  readonly items: readonly FileItem[];
}

function findSources(
  sources: readonly Argument[],
  flags: IngestFlags,
  call: LocalCall,
): FoundSources | Promise<FoundSources> {
  const accepting = acceptingAs(checkedDestination(call.destination), flags);
  if (sources[0]?.text.startsWith('s3://')) return findUrls(sources, accepting, flags, call);
  const names = sources.map(({ text }) => text);
  const { definition } = call.destination;
  const accepts = (key: string) => isAccepted(accepting, key);
  const {
    files: items,
    skipped,
    unnamed,
  } = findFiles(names, definition, accepts, call.context.env);
  if (skipped.length > 0)
    printNote(
      call.context,
      `Leaves out ${counted(skipped.length, 'file')} that ${definition.title} does not take by their extensions, such as ${skipped[0]}.`,
    );
  if (unnamed.length > 0)
    printNote(
      call.context,
      `Leaves out ${counted(unnamed.length, 'file')} with a name that is not UTF-8, such as ${JSON.stringify(unnamed[0])}. Rename such a file to move it.`,
    );
  return { items, leftOut: [] };
}

/** Finds objects for local runs. Nothing but the service decides which are left out. */
async function findUrls(
  urls: readonly Argument[],
  accepting: Pick<Destination, 'accept'>,
  flags: IngestFlags,
  { destination, context }: LocalCall,
): Promise<FoundSources> {
  const { requestPayer = false } = flags;
  const rules = { ...serviceRules(accepting, destination.definition), requestPayer };
  const openChoice = async () => ({
    client: openS3(flags, context.env),
    rulesFor: () => rules,
    findMoved: async () => () => undefined,
  });
  const named = readUrls(urls, Boolean(flags.all));
  const { items, leftOut } = await findObjects(named, openChoice, context);
  if (items.length > 1) printNote(context, startLine(items));
  return { items: items.map((item) => ({ ...item, path: item.name })), leftOut };
}

async function moveAll(
  { items, leftOut }: FoundSources,
  local: LocalProcess,
  { parallel = parallelByDefault, json }: IngestFlags,
  context: Context,
): Promise<Ending> {
  context.onInterrupt(() => {
    endProcesses();
    return interruptedLine(items);
  });
  const display = createBatchDisplay(items, context);
  await moveInTurn(items, parallel, local, display, context.signal);
  display.close();
  return reportBatch(items, Boolean(json), context, leftOut);
}

/** Files with the same content are one transfer: all but one wait, and then find its asset. */
async function moveInTurn(
  items: readonly FileItem[],
  parallel: number,
  local: LocalProcess,
  display: BatchDisplay,
  signal: AbortSignal,
): Promise<void> {
  const run = { signal, runtime: 'local' } as const;
  const busy: FileItem[] = [];
  const move: RunItem<FileItem> = (item, update) => moveFile(item, update, local);
  const moveUnlessBusy: RunItem<FileItem> = async (item, update) => {
    const end = await move(item, update);
    if (!end?.isBusy) return end;
    busy.push(item);
    return undefined;
  };
  await runBatch(items, parallel, moveUnlessBusy, display, run);
  await runBatch(busy, 1, move, display, run);
}

async function moveOne(
  { name }: FileItem,
  { args, env }: LocalProcess,
  { json }: IngestFlags,
  context: Context,
): Promise<Ending> {
  // After -- the name of a file may begin with a hyphen.
  const call = { args: [...args, ...(json ? ['--json'] : []), '--', name], env };
  if (canMoveHere()) return endingOf(await moveHere(call));
  // The process of the file prints its own line. A signal other than Ctrl-C may not have reached it.
  context.onInterrupt(() => {
    endProcesses();
    return '';
  });
  return endingOf(await moveShown(name, call));
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

function isAccepted(destination: Pick<Destination, 'accept'>, key: string): boolean {
  try {
    destination.accept({ key });
    return true;
  } catch {
    return false;
  }
}

/** Options of this command that a local run does not have. */
const ownOptions = [
  ...['list', 'all', 'raw', 'dryRun', 'parallel', 'local', 'json'],
  ...['stack', 'profile', 'region'],
];

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
