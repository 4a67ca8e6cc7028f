import type { Command } from 'commander';
import type { LocalDefinition } from '#local/commands/destination-options.ts';
import { definitionOfStack } from '#local/doctor/checked-stack.ts';
import { identityOf } from '#src/core/transfer/destination.ts';
import type { TransferOptions } from '#src/core/transfer/transfer-options.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import { describeError } from '../describe-error.ts';
import type { Ending } from '../exit-codes.ts';
import { openS3 } from '../listing/s3-client.ts';
import { counted } from '../output/words.ts';
import { type DeployedStack, findStack, placeOf } from '../stack/deployed-stack.ts';
import { openExecutions } from '../stack/executions.ts';
import { openTransferTable, type TransferTable } from '../transfers/transfer-table.ts';
import { createDisplay, type SnapshotDisplay } from '../watch/display.ts';
import { type Snapshot, takeSnapshot } from '../watch/snapshot.ts';
import { readRepeatedly } from '../watch/watch-rows.ts';
import { countsOf, type RunItem, runBatch } from './batch.ts';
import { type BatchDisplay, createBatchDisplay } from './batch-display.ts';
import { type Choice, type ChosenObjects, startLine } from './choose-objects.ts';
import { findObjects, printPlan } from './find-objects.ts';
import { intervalMs, moveObject, type StackRun, startObject } from './follow-object.ts';
import type { Argument, IngestFlags } from './ingest-flags.ts';
import { findMovedIn } from './moved-objects.ts';
import { type ObjectItem, readUrls } from './objects.ts';
import { assertOneFilename } from './one-filename.ts';
import { batchJson, reportBatch } from './report-batch.ts';
import { stackOptions } from './stack-options.ts';
import { readStackRules } from './stack-rules.ts';

/** Transfers that are followed at once, and calls of StartExecution with `--detach`. */
const parallelByDefault = { followed: 20, started: 5 };

/** Moves objects with a deployed stack. */
export async function ingestObjects(
  urls: readonly Argument[],
  flags: IngestFlags,
  command: Command,
  context: Context,
): Promise<Ending> {
  const named = readUrls(urls, Boolean(flags.all));
  const stack = await findStack(flags, context.env);
  const definition = definitionOfStack(stack.name, stack.optionalOutput('Destination'));
  const options = stackOptions(command, definition);
  printNote(context, placeOf(stack));
  const table = openTransferTable(stack.clients, stack.output('TableName'), context.clock);
  const chosen = await findObjects(
    named,
    () => openChoice({ stack, definition, table, options }, flags, context),
    context,
  );
  assertOneFilename(flags, chosen.items.length);
  printNote(context, startLine(chosen.items));
  if (flags.dryRun) {
    printPlan(chosen, Boolean(flags.json), context);
    return 'done';
  }
  return start(chosen, { executions: openExecutions(stack), table, context, options }, flags);
}

/** The stack of a call, with its destination and its table, and the options of the starts. */
interface OpenedStack {
  readonly stack: DeployedStack;
  readonly definition: LocalDefinition;
  readonly table: TransferTable;
  readonly options: TransferOptions;
}

/** Opens what chooses the objects of a pattern. With `--force`, objects that were moved are started too. */
async function openChoice(
  { stack, definition, table, options }: OpenedStack,
  { force, ...flags }: IngestFlags,
  context: Context,
): Promise<Choice> {
  const { destination, rulesFor } = await readStackRules(stack, definition);
  const findMoved = findMovedIn(table, identityOf(destination, options), context);
  return {
    ...{ client: openS3(flags, context.env), rulesFor },
    findMoved: force ? async () => () => undefined : findMoved,
  };
}

async function start(
  chosen: ChosenObjects,
  stack: Omit<StackRun, 'print'>,
  flags: IngestFlags,
): Promise<Ending> {
  const { items } = chosen;
  const { context } = stack;
  const display = flags.watch ? createQuietDisplay(context) : createBatchDisplay(items, context);
  const run: StackRun = { ...stack, print: display.print };
  context.onInterrupt(() => {
    printStarted(items, flags, context);
    return interruptedLine(items);
  });
  return flags.detach ? detach(chosen, run, flags) : follow(chosen, run, flags, display);
}

async function follow(
  { items, leftOut }: ChosenObjects,
  run: StackRun,
  { parallel = parallelByDefault.followed, watch, json }: IngestFlags,
  display: BatchDisplay,
): Promise<Ending> {
  const { context } = run;
  const stackDisplay = watch ? createDisplay(context, Boolean(json)) : undefined;
  const move: RunItem<ObjectItem> = (item, update) => moveObject(item, update, run);
  const watching = stackDisplay && watchStack(items, run, stackDisplay);
  await runBatch(items, parallel, move, display, { signal: context.signal, runtime: 'stack' });
  await watching;
  display.close();
  return reportBatch(items, Boolean(json), context, leftOut);
}

/** Shows all that the stack moves until each source ended. Never throws: the transfers are followed without it. */
async function watchStack(
  items: readonly ObjectItem[],
  { table, context }: StackRun,
  stackDisplay: SnapshotDisplay,
): Promise<void> {
  let last: Snapshot | undefined;
  const read = async () => {
    last = await takeSnapshot(table, context.clock.now(), last);
    stackDisplay.show(last);
    return items.every(({ end }) => end !== undefined);
  };
  await readRepeatedly(read, intervalMs, stackDisplay.print, context).catch((error: unknown) =>
    stackDisplay.print(`The stack is shown no longer. ${describeError(error, 'stack').line}`),
  );
}

async function detach(
  { items, leftOut }: ChosenObjects,
  run: StackRun,
  { parallel = parallelByDefault.started, json }: IngestFlags,
): Promise<Ending> {
  const { context } = run;
  const start: RunItem<ObjectItem> = async (item) => {
    const execution = await startObject(item, run);
    if (!json) printResult(context, execution);
    return { status: 'started', isGood: true, execution };
  };
  const quiet = createQuietDisplay(context);
  const display: BatchDisplay = {
    ...quiet,
    ended: ({ name, end }) => {
      if (!end?.isGood)
        quiet.print([end?.status, name, end?.execution, end?.cause].filter(Boolean).join('  '));
    },
  };
  await runBatch(items, parallel, start, display, {
    signal: context.signal,
    runtime: 'stack',
  });
  if (json) printJson(context, batchJson(items, leftOut));
  printNote(
    context,
    `${items.length} in all: ${countsOf(items)}. Use chunkferry watch to see them.`,
  );
  return items.every(({ end }) => end?.isGood) ? 'done' : 'failed';
}

/** Prints what an interrupted call started and has not printed yet. */
function printStarted(
  items: readonly ObjectItem[],
  { json, detach }: IngestFlags,
  context: Context,
): void {
  if (json) printJson(context, batchJson(items));
  else if (detach)
    for (const { execution, end } of items) if (execution && !end) printResult(context, execution);
}

function createQuietDisplay(context: Context): BatchDisplay {
  return { update() {}, ended() {}, print: (line) => printNote(context, line), close() {} };
}

function interruptedLine(items: readonly ObjectItem[]): string {
  const begun = items.filter(({ isBegun }) => isBegun);
  const over = begun.filter(({ end }) => end !== undefined && end.status !== 'started').length;
  const left = items.length - begun.length;
  const rest = left > 0 ? ` ${left} of ${items.length} were not started.` : '';
  const going = begun.length - over;
  const verb = going === 1 ? 'continues' : 'continue';
  return `Interrupted. ${counted(going, 'transfer')} ${verb} in the stack, ${over} ended.${rest} Use chunkferry watch to see them, chunkferry cancel to end one.`;
}
