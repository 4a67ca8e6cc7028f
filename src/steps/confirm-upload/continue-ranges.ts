import * as z from 'zod/mini';
import { waitStateSeconds } from '#src/core/errors/recovery.ts';
import { readState, type SentRange, sentRangeSchema } from '#src/step-support/state.ts';
import type { CommonPorts } from '#src/step-support/step.ts';

/** The answer of ConfirmUpload while ranges need further calls of SendChunks. */
export interface ContinuedRanges {
  readonly next: 'continue';
  readonly waitSeconds: 0;
  /** The answers of their calls so far. */
  readonly unfinished: readonly SentRange[];
}

const sentSchema = z.object({ sentRanges: z._default(z.array(sentRangeSchema), []) });

/** Returns the ranges that need further calls, or undefined if each range of the round is over. */
export function continueRanges(ports: CommonPorts, state: unknown): ContinuedRanges | undefined {
  const { sentRanges } = readState(sentSchema, state);
  const unfinished = sentRanges.filter(({ next }) => next !== 'sent' && next !== 'stop');
  if (unfinished.length === 0) return undefined;
  const now = ports.clock.now();
  // The Choice needs an answer. An unknown one is a bug, which its default branch records.
  const rest = unfinished.map((range) => ({ next: 'none', ...range, ...restOfWait(range, now) }));
  return { next: 'continue', waitSeconds: 0, unfinished: rest };
}

/** Returns the rest of a range's wait: it has waited for the other ranges already. */
function restOfWait({ next, until = 0 }: SentRange, now: number) {
  if (next !== 'wait') return {};
  const leftMs = until - now;
  return leftMs > 0
    ? { waitSeconds: waitStateSeconds(leftMs / 1000) }
    : { next: 'more', waitSeconds: 0 };
}
