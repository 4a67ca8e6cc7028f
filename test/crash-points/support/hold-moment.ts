import type { Moment, OnMoment } from './moments.ts';

/** A process that is paused at a moment. */
export interface Held {
  /** Observes the moments, and pauses the first that matches. */
  readonly onMoment: OnMoment;
  /** Resolves at the moment. */
  readonly reached: Promise<void>;
  resume(): void;
}

/** Pauses the first moment that matches. The state machine itself does not pause. */
export function holdFirst(matches: (moment: Moment) => boolean): Held {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: resume } = Promise.withResolvers<void>();
  let isHeld = false;
  const onMoment = (moment: Moment) => {
    if (isHeld || !matches(moment)) return undefined;
    isHeld = true;
    reach();
    return released;
  };
  return { onMoment, reached, resume };
}
