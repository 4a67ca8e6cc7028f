import { Command, Option } from 'commander';
import { CommandError } from '../command-error.ts';
import { type Context, note } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import { addExamples, addStackOptions, type PlaceFlags, parseWhole } from '../options.ts';
import { openPlace } from '../transfers/place.ts';
import { createDisplay } from '../watch/display.ts';
import { type Snapshot, takeSnapshot } from '../watch/snapshot.ts';
import { readRepeatedly } from '../watch/watch-rows.ts';
import type { CreateCommand } from './registry.ts';

interface Flags extends PlaceFlags {
  readonly interval: number;
  readonly untilIdle?: boolean;
  readonly json?: boolean;
}

/** How long a stack must be idle, in ms: an execution that was just started has no row yet. */
const idleMs = 30_000;

/** Creates `chunkferry watch`. */
export const watchCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Shows what moves, how fast, how long still, and what waits in the queue, until Ctrl-C. On a terminal it redraws in place. On a pipe it prints a line when something changed. Reads only the rows of the table.',
    )
    .option('--interval <seconds>', 'time between two reads', parseWhole(1, 3600), 5)
    .option('--until-idle', `end with 0 when nothing has moved or waited for ${idleMs / 1000} s`)
    .addOption(new Option('--local').hideHelp())
    .option('--json', 'print each read as one JSON object on its own line, with version and type')
    .action(async (flags: Flags) => onEnd(await watch(flags, context)));
  return addExamples(addStackOptions(command), [
    ['watch', 'redraws until Ctrl-C'],
    ['watch --until-idle > night.log', 'one line for each change, until all is done'],
    ['watch --json --interval 60', 'for a script'],
  ]);
};

/** A place without a table has nothing to wait for. */
function isIdle(last: Snapshot | undefined): boolean {
  return last === undefined || (last.moving.length === 0 && last.queuedCount === 0);
}

/** @throws CommandError - local runs are asked for: their tables are not readable while they run */
function assertStack({ local }: Flags): void {
  if (local)
    throw new CommandError(
      'usage',
      'Invalid option "--local": a local run shows its own progress, and its table is not readable meanwhile. Use chunkferry list --local to see how local runs ended.',
    );
}

async function watch(flags: Flags, context: Context): Promise<Ending> {
  const { clock, outputClosed } = context;
  const signal = AbortSignal.any([context.signal, ...(outputClosed ? [outputClosed] : [])]);
  assertStack(flags);
  const place = await openPlace(flags, context);
  context.onInterrupt(() => 'Interrupted. The stack continues; nothing was changed.');
  if (!flags.json) note(context, place.title);
  const display = createDisplay(context, Boolean(flags.json));
  let last: Snapshot | undefined;
  let idleSince: number | undefined;
  const read = async () => {
    for await (const table of place.tables()) last = await takeSnapshot(table, clock.now(), last);
    if (last) display.show(last);
    idleSince = isIdle(last) ? (idleSince ?? clock.now()) : undefined;
    return Boolean(flags.untilIdle) && idleSince !== undefined && clock.now() - idleSince >= idleMs;
  };
  await readRepeatedly(read, flags.interval * 1000, display.print, { clock, signal });
  return 'done';
}
