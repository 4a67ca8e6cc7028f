import { CommandError } from '../command-error.ts';
import { type Context, printNote } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { openPlace } from '../transfers/place.ts';
import { createDisplay } from '../watch/display.ts';
import { idleMs } from '../watch/idle-time.ts';
import { type Snapshot, takeSnapshot } from '../watch/snapshot.ts';
import { readRepeatedly } from '../watch/watch-rows.ts';

export interface Flags extends PlaceFlags {
  readonly interval: number;
  readonly untilIdle?: boolean;
  readonly json?: boolean;
}

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

export async function watch(flags: Flags, context: Context): Promise<Ending> {
  const { clock, outputClosed } = context;
  const signal = AbortSignal.any([context.signal, ...(outputClosed ? [outputClosed] : [])]);
  assertStack(flags);
  const place = await openPlace(flags, context);
  context.onInterrupt(() => 'Interrupted. The stack continues; nothing was changed.');
  if (!flags.json) printNote(context, place.title);
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
