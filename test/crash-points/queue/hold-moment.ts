import type { Moment } from '../support/moments.ts';
import type { QueueWorld } from './queue-crash-harness.ts';

/** A process that stands still at a moment until it is let go on. */
export interface Held {
  /** Resolves when it has come there. */
  readonly reached: Promise<void>;
  goOn(): void;
}

/** Holds the first moment that fits. */
export function holdAt({ meets }: QueueWorld, fits: (moment: Moment) => boolean): Held {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: goOn } = Promise.withResolvers<void>();
  const meet = (moment: Moment) => {
    if (!fits(moment)) return undefined;
    meets.delete(meet);
    reach();
    return released;
  };
  meets.add(meet);
  return { reached, goOn };
}

/** Notes every moment from now on. */
export function recordMoments({ meets }: QueueWorld): Moment[] {
  const moments: Moment[] = [];
  meets.add((moment) => void moments.push(moment));
  return moments;
}
