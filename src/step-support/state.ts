import * as z from 'zod/mini';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxChunksPerSession } from '#src/core/limits/limits.ts';
import { sourceObjectSchema } from '#src/core/source/source-object.ts';
import { transferOptionsSchema } from '#src/core/transfer/transfer-options.ts';

/*
 * The state between the steps: ids, ranges and the next step. It never contains a URL, a proof or a
 * header.
 */

const count = z.number().check(z.int(), z.gte(0));

/** An outage: a transient error that the execution waits out until the next success. */
const outageSchema = z.object({
  /** Name of the error, for the message if patience ends; `reason` is its text. */
  error: z.string(),
  reason: z.string(),
  /** Start of the outage, in milliseconds since 1970. */
  since: count,
  /** Waits since the start. */
  waits: count,
  /** Sum of the waits that the service requested or the source permits, in milliseconds. */
  excusedMs: z._default(count, 0),
  /** Start of the current run of this same error, in milliseconds since 1970. */
  sameSince: z.optional(count),
  /** Waits in that run. */
  sameWaits: z._default(count, 0),
  /** Start of the time in which S3 denies the object, in milliseconds since 1970. */
  deniedSince: z.optional(count),
  /** The step that met the error. */
  step: z.optional(z.string()),
  /** Time of the next try; no request is made earlier. In milliseconds since 1970. */
  until: z.optional(count),
});

export type Outage = z.infer<typeof outageSchema>;

/** The result of InspectSource: a pinned object, which no execution owns yet. */
export const inspectedSchema = z.object({
  /** Id of the object version at the destination. */
  objectId: z.string(),
  source: sourceObjectSchema,
  options: transferOptionsSchema,
  /** What started the execution. An event never starts a cancelled transfer again. */
  start: z._default(z.enum(['manual', 'event']), 'manual'),
  outage: z.optional(outageSchema),
});

export type Inspected = z.infer<typeof inspectedSchema>;

/** The input of an execution that the dispatcher starts: a queued transfer and its fence. */
export const dispatchedSchema = z.object({
  dispatched: z.object({ transferId: z.string(), fence: count }),
  bucket: z.optional(z.string()),
  key: z.optional(z.string()),
  outage: z.optional(outageSchema),
});

export type DispatchedStart = z.infer<typeof dispatchedSchema>;

/** Returns the input of an execution that the dispatcher starts; undefined for any other input. */
export function dispatchedStartIn(input: unknown): DispatchedStart | undefined {
  return dispatchedSchema.safeParse(input).data;
}

/** The state of InspectSource while it waits: the essential fields of the input, and the outage. */
export const inspectWaitSchema = z.strictObject({
  input: z.unknown(),
  outage: outageSchema,
  next: z.literal('wait'),
  waitSeconds: z.number(),
});

export type InspectWait = z.infer<typeof inspectWaitSchema>;

/**
 * A range of a plan, and how far its calls have come. The limit of chunks protects against a loop over a
 * huge range.
 */
const rangeSchema = z
  .object({
    n: count,
    first: count,
    last: count,
    /** Calls of the send step for this range in this round. */
    calls: z._default(count, 0),
    /** Calls in this round after which the range stops, if the execution has room for few. */
    maxCalls: z.optional(count),
    /** Time from which this execution sends nothing, in milliseconds since 1970. */
    sendUntil: z.optional(count),
    /** Calls in a row that stored nothing. */
    idleCalls: z._default(count, 0),
    /** Limit of chunks in flight, after a call in which no chunk ended. */
    chunkConcurrency: z.optional(count),
    /** Start of the time in which the upload host rejects every chunk, in milliseconds since 1970. */
    rejectedSince: z.optional(count),
  })
  .check(
    z.refine(
      ({ first, last }) => first >= 1 && last >= first && last - first < maxChunksPerSession,
      'must be a range of a plan',
    ),
  );

/** What one iteration of SendRanges returns: the answer of SendChunks, which the step itself wrote. */
export const sentRangeSchema = z.looseObject({
  next: z.optional(z.string()),
  /** Time of the next call, in milliseconds since 1970. */
  until: z.optional(count),
  /** Calls of the send step so far; absent after a call without an answer. */
  calls: z.optional(count),
});

export type SentRange = z.infer<typeof sentRangeSchema>;

/** The name of the object, for the log lines of every step. */
const objectNames = { bucket: z.optional(z.string()), key: z.optional(z.string()) };

/** A transfer that this execution owns under `fence`. */
export const ownedSchema = z.object({
  transferId: z.string(),
  ...objectNames,
  fence: count,
  sessionNumber: count,
  /** Plans made by this execution. */
  round: count,
  /** Ranges planned by this execution in all its rounds. */
  planned: count,
  /** Calls of the send step that this execution planned and made. */
  calls: z._default(count, 0),
  sessionsOpened: count,
  /** Sessions whose create request got no reply. */
  createsLost: z._default(count, 0),
  /** Checks of the current phase that found the service busy; each wait is longer. */
  polls: count,
  /** Start of the current phase, in milliseconds since 1970. */
  phaseStartedAt: count,
  /** Start of the time in which the service does not know the asset, in milliseconds since 1970. */
  missingSince: z.optional(count),
  outage: z.optional(outageSchema),
  /** Chunks that had a proof when the last plan was made. */
  proven: z._default(count, 0),
  /** Chunks that had a proof when this execution made its first plan. */
  provenAtStart: z.optional(count),
  /** Chunks that had a proof when ConfirmUpload last met an error. */
  provenAtError: z._default(count, 0),
  /** Rounds in which one range probed whether the outage is over. */
  probes: z._default(count, 0),
  /** Ranges that the last plan sent at once. */
  rangesAtOnce: z.optional(count),
  /** Limit of ranges sent at once, after a round in which the connection was too slow. */
  maxRangesAtOnce: z.optional(count),
  /** The page of chunk states at which the next check continues. */
  page: z.optional(count),
  /** The answer that leads back to OpenSession. */
  next: z.optional(z.string()),
});

export type Owned = z.infer<typeof ownedSchema>;

/** The error of a Task, as Catch stores it. */
const caughtErrorSchema = z.object({ Error: z.string(), Cause: z._default(z.string(), '') });

/** The error that ended an execution, and the step that failed, if the state names it. */
export type CaughtError = z.infer<typeof caughtErrorSchema> & { readonly step?: string };

/** The state of one iteration of a Map. */
export const rangeStateSchema = z.object({
  transferId: z.string(),
  ...objectNames,
  fence: count,
  sessionNumber: count,
  round: count,
  range: rangeSchema,
  /** Ranges of the transfer that are sent at once. */
  rangesAtOnce: z._default(count, 1),
  /** Chunks of the transfer that had a proof when the plan was made. */
  proven: z._default(count, 0),
  /** The error that the Catch stored, if the send step ended without an answer. */
  error: z.optional(caughtErrorSchema),
});

export type RangeState = z.infer<typeof rangeStateSchema>;

/** The ending of an execution, before RecordOutcome. */
export const endingSchema = z.looseObject({
  status: z.enum([
    'ready',
    'already-ingested',
    'running-elsewhere',
    'queued',
    'cancelled',
    'no-longer-queued',
    'superseded',
    'ignored',
  ]),
});

export type Ending = z.infer<typeof endingSchema>;

/** The state that RecordOutcome receives: an ending or an error, with or without an owned transfer. */
export const endedSchema = z.looseObject({
  transferId: z.optional(z.string()),
  fence: z.optional(count),
  /** Id of the object version, if it was pinned. */
  objectId: z.optional(z.string()),
  /** The queued transfer of a dispatched execution that ended before its state named the transfer. */
  dispatched: z.optional(z.object({ transferId: z.string() })),
  ending: z.optional(endingSchema),
  /** The error of a step, by the step's name: its Catch stores it there. */
  errorIn: z.optional(z.record(z.string(), caughtErrorSchema)),
  /** The answer of the last step. */
  next: z.optional(z.unknown()),
});

/**
 * Returns the error that ended an execution, with the step that failed. A state with neither an ending nor
 * an error comes from a step whose answer no state follows, which only a bug can cause.
 */
export function errorThatEnded({
  errorIn = {},
  ending,
  next,
}: Pick<z.infer<typeof endedSchema>, 'errorIn' | 'ending' | 'next'>): CaughtError | undefined {
  const [failed] = Object.entries(errorIn);
  if (failed) return { ...failed[1], step: failed[0] };
  return ending ? undefined : unknownAnswerError(next);
}

function unknownAnswerError(next: unknown): CaughtError {
  const name: ErrorName = 'UnexpectedError';
  const Cause = `Invalid answer ${JSON.stringify(next)} of a step: no state follows it. The history of the execution shows the step before RecordOutcome.`;
  return { Error: name, Cause };
}

/**
 * Validates a state on entry to a step.
 * @throws InvalidInputError - names the invalid field
 */
export function readState<T extends z.ZodMiniType>(schema: T, state: unknown): z.infer<T> {
  const parsed = schema.safeParse(state);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String).join('.');
  throw new TransferError(
    'InvalidInputError',
    `Invalid state${path && `.${path}`}: ${issue?.message}`,
  );
}
