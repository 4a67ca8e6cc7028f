import type { Moment } from '../support/moments.ts';
import type { QueueCrashHarness } from './queue-crash-harness.ts';

/** A process that is paused at a moment. */
export interface Held {
  /** Resolves at the moment. */
  readonly reached: Promise<void>;
  resume(): void;
}

/** Pauses the first matching moment. */
export function holdAt(
  { listeners }: QueueCrashHarness,
  matches: (moment: Moment) => boolean,
): Held {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: resume } = Promise.withResolvers<void>();
  const onMoment = (moment: Moment) => {
    if (!matches(moment)) return undefined;
    listeners.delete(onMoment);
    reach();
    return released;
  };
  listeners.add(onMoment);
  return { reached, resume };
}

/** Records every moment from now on. */
export function recordMoments({ listeners }: QueueCrashHarness): Moment[] {
  const moments: Moment[] = [];
  listeners.add((moment) => void moments.push(moment));
  return moments;
}
