import type { Command } from 'commander';
import { definitionOfStack } from '#local/doctor/checked-stack.ts';
import { type Context, jsonResult, note, result } from '../context.ts';
import { describeError } from '../describe-error.ts';
import type { Ending } from '../exit-codes.ts';
import { counted } from '../output/words.ts';
import { findStack, placeOf } from '../stack/deployed-stack.ts';
import { openExecutions } from '../stack/executions.ts';
import { openTransferTable } from '../transfers/transfer-table.ts';
import { createDisplay, type SnapshotDisplay } from '../watch/display.ts';
import { type Snapshot, takeSnapshot } from '../watch/snapshot.ts';
import { readRepeatedly } from '../watch/watch-rows.ts';
import { countsOf, type ItemEnd, runBatch } from './batch.ts';
import { type BatchDisplay, createBatchDisplay } from './batch-display.ts';
import { intervalMs, moveObject, type StackRun, startObject } from './follow-object.ts';
import type { IngestFlags } from './ingest-flags.ts';
import { type ObjectItem, objectsOf } from './objects.ts';
import { itemJson, reportBatch } from './report-batch.ts';
import { stackOptions } from './stack-options.ts';

/** Transfers that are followed at once, and calls of StartExecution with `--detach`. */
const parallelByDefault = { followed: 20, started: 5 };

/** Moves objects with a deployed stack. */
export async function ingestObjects(
  urls: readonly string[],
  flags: IngestFlags,
  command: Command,
  context: Context,
): Promise<Ending> {
  const items = objectsOf(urls);
  const stack = await findStack(flags, context.env);
  const definition = definitionOfStack(stack.name, stack.optionalOutput('Destination'));
  const options = stackOptions(command, definition, items.length);
  note(context, placeOf(stack));
  note(context, `Starts ${counted(items.length, 'transfer')}.`);
  const table = openTransferTable(stack.clients, stack.output('TableName'), context.clock);
  const display = flags.watch ? quietDisplay(context) : createBatchDisplay(items, context);
  const executions = openExecutions(stack);
  const run: StackRun = { executions, table, context, options, print: display.print };
  context.onInterrupt(() => {
    printStarted(items, flags, context);
    return interruptedLine(items);
  });
  return flags.detach ? detach(items, run, flags) : follow(items, run, flags, display);
}

async function follow(
  items: readonly ObjectItem[],
  run: StackRun,
  { parallel = parallelByDefault.followed, watch, json }: IngestFlags,
  display: BatchDisplay,
): Promise<Ending> {
  const { context } = run;
  const picture = watch ? createDisplay(context, Boolean(json)) : undefined;
  const move = (item: ObjectItem, update: () => void) => moveObject(item, update, run);
  const watching = picture && watchStack(items, run, picture);
  await runBatch(items, parallel, move, display, { signal: context.signal, runtime: 'stack' });
  await watching;
  display.close();
  return reportBatch(items, Boolean(json), context);
}

/** Shows all that the stack moves until each source ended. Never throws: the transfers are followed without it. */
async function watchStack(
  items: readonly ObjectItem[],
  { table, context }: StackRun,
  picture: SnapshotDisplay,
): Promise<void> {
  let last: Snapshot | undefined;
  const read = async () => {
    last = await takeSnapshot(table, context.clock.now(), last);
    picture.show(last);
    return items.every(({ end }) => end !== undefined);
  };
  await readRepeatedly(read, intervalMs, picture.print, context).catch((error: unknown) =>
    picture.print(`The stack is shown no longer. ${describeError(error, 'stack').line}`),
  );
}

async function detach(
  items: readonly ObjectItem[],
  run: StackRun,
  { parallel = parallelByDefault.started, json }: IngestFlags,
): Promise<Ending> {
  const { context } = run;
  const start = async (item: ObjectItem): Promise<ItemEnd> => {
    const execution = await startObject(item, run);
    if (!json) result(context, execution);
    return { status: 'started', isGood: true, execution };
  };
  const failures = quietDisplay(context);
  const display = {
    ...failures,
    ended: ({ name, end }: ObjectItem) => {
      if (!end?.isGood)
        failures.print([end?.status, name, end?.execution, end?.cause].filter(Boolean).join('  '));
    },
  };
  await runBatch(items, parallel, start, display as BatchDisplay, {
    signal: context.signal,
    runtime: 'stack',
  });
  if (json) jsonResult(context, { version: 1, sources: items.map(itemJson) });
  note(context, `${items.length} in all: ${countsOf(items)}. Use chunkferry watch to see them.`);
  return items.every(({ end }) => end?.isGood) ? 'done' : 'failed';
}

/** Prints what an interrupted call started and has not printed yet. */
function printStarted(
  items: readonly ObjectItem[],
  { json, detach }: IngestFlags,
  context: Context,
): void {
  if (json) jsonResult(context, { version: 1, sources: items.map(itemJson) });
  else if (detach)
    for (const { execution, end } of items) if (execution && !end) result(context, execution);
}

function quietDisplay(context: Context): BatchDisplay {
  return { update() {}, ended() {}, print: (line) => note(context, line), close() {} };
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
