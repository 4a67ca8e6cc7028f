import type { Random } from '#src/core/ports/clock.ts';
import type { Bounds } from './assumptions.ts';
import type { Objects } from './objects.ts';
import type { Peaks, Tally } from './units.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What all parts of one load share. */
export interface LoadContext {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly objects: Objects;
  readonly tally: Tally;
  readonly peaks: Peaks;
}

/** Lets a drawn time pass. */
export function passTime({ clock, random }: LoadContext, [least, most]: Bounds): Promise<void> {
  return clock.sleep(least + random() * (most - least));
}
