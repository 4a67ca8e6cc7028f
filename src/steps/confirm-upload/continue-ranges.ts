import * as z from 'zod/mini';
import { waitStateSeconds } from '#src/core/errors/retry-rules.ts';
import { maxCallsOf, sendingEnd } from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { type Owned, readState, type SentRange, sentRangeSchema } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';

/** The answer of ConfirmUpload while ranges need further calls of SendChunks. */
export interface ContinuedRanges {
  readonly next: 'continue';
  readonly waitSeconds: 0;
  /** The answers of their calls so far, each with the calls that it may make. */
  readonly unfinished: readonly SentRange[];
}

const ranges = z._default(z.array(sentRangeSchema), []);

const sentSchema = z.object({ sentRanges: ranges, continued: ranges });

/** Adds the calls of the ranges that were continued to those of the execution. The plan counts each first call. */
export function countCalls(owned: Owned, state: unknown): Owned {
  const { continued } = readState(sentSchema, state);
  const further = continued.reduce((sum, { calls = 1 }) => sum + Math.max(1, calls - 1), 0);
  return { ...owned, calls: owned.calls + further };
}

/**
 * Returns the ranges that need further calls, or undefined if each range of the round is over, or the execution
 * has no room for their calls.
 */
export function continueRanges(
  ports: Needs<'settings'>,
  { calls }: Owned,
  state: unknown,
  { executionStartedAt }: Pick<Invocation, 'executionStartedAt'>,
): ContinuedRanges | undefined {
  const { sentRanges } = readState(sentSchema, state);
  const unfinished = sentRanges.filter(({ next }) => next !== 'sent' && next !== 'stop');
  if (unfinished.length === 0) return undefined;
  const now = ports.clock.now();
  // The Choice needs an answer. An unknown one is a bug, which its default branch records.
  const furtherCalls = Math.floor((maxCallsOf(ports.settings) - calls) / unfinished.length);
  // The history has no room for another call of each: the next plan decides.
  if (furtherCalls < 1) return undefined;
  // A call without an answer has lost the end of its time.
  const sendUntil = sendingEnd(executionStartedAt, ports.settings.isLocalRun);
  const rest = unfinished.map((range) => ({
    ...{ next: 'none', ...range, ...restOfWait(range, now), sendUntil },
    ...(furtherCalls < boundOf('callsPerRange') && { maxCalls: 1 + furtherCalls }),
  }));
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
