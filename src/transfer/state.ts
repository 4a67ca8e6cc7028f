import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/errors.ts';
import { maxChunksPerRange } from '#src/core/limits/limits.ts';
import { priorities } from '#src/core/queue/queue.ts';
import { mediaTypes } from '#src/core/source/media-types.ts';
import { isUserMetadata, type UserMetadata } from '#src/core/transfer/user-metadata.ts';

/** The state between the steps: ids, ranges and what is next; never a URL, a proof or a header. */

const count = z.number().check(z.int(), z.gte(0));

const optionsSchema = z.object({
  filename: z.optional(z.string()),
  userMetadata: z.optional(z.custom<UserMetadata>(isUserMetadata)),
  enableHls: z.optional(z.boolean()),
  enableThumbnail: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
  priority: z.optional(z.enum(priorities)),
});

const sourceSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.optional(z.string()),
  account: z.optional(z.string()),
  region: z.optional(z.string()),
  requestPayer: z.optional(z.boolean()),
  waitWhileDeniedSeconds: z.optional(count),
  etag: z.string(),
  sizeBytes: count,
  contentType: z.optional(z.string()),
  mediaType: z.optional(z.enum(mediaTypes)),
  checksum: z.optional(
    z.object({ algorithm: z.enum(['CRC64NVME', 'CRC32', 'CRC32C']), value: z.string() }),
  ),
  otherChecksum: z.optional(z.string()),
  digests: z.optional(
    z.object({
      sha256: z.optional(z.string()),
      md5: z.optional(z.string()),
      firstPartBytes: z.optional(z.number()),
    }),
  ),
});

/** A transient error that is waited out, until there is a success. */
const outageSchema = z.object({
  /** The error's name and words, for the message if patience ends. */
  error: z.string(),
  reason: z.string(),
  /** When it began, in milliseconds since 1970. */
  since: count,
  /** Waits since then. */
  waits: count,
  /** How long the other side named the time of the next try, in milliseconds. */
  namedMs: z._default(count, 0),
  /** Since when this same error is met without another one between, in milliseconds since 1970. */
  sameSince: z.optional(count),
  /** Waits since then. */
  sameWaits: z._default(count, 0),
  /** Since when S3 denies the object for now, in milliseconds since 1970. */
  deniedSince: z.optional(count),
  /** The step that met it. */
  step: z.optional(z.string()),
  /** Nothing is asked before, as the service named that time; in milliseconds since 1970. */
  until: z.optional(count),
});

export type Outage = z.infer<typeof outageSchema>;

/** What InspectSource found: the pinned object, before anything is owned. */
export const inspectedSchema = z.object({
  /** Identity of the object version at the destination. */
  object: z.string(),
  source: sourceSchema,
  options: optionsSchema,
  /** What started the execution: an event never starts a cancelled transfer again. */
  start: z._default(z.enum(['manual', 'event']), 'manual'),
  outage: z.optional(outageSchema),
});

export type Inspected = z.infer<typeof inspectedSchema>;

/** What the dispatcher starts an execution with: a queued transfer, by the fence that it has. */
export const dispatchedSchema = z.object({
  dispatched: z.object({ transferId: z.string(), fence: count }),
  bucket: z.optional(z.string()),
  key: z.optional(z.string()),
  outage: z.optional(outageSchema),
});

export type DispatchedStart = z.infer<typeof dispatchedSchema>;

/** InspectSource while it waits: the start's input in its essential fields, and what is waited out. */
export const inspectWaitSchema = z.strictObject({
  input: z.unknown(),
  outage: outageSchema,
  next: z.literal('wait'),
  waitSeconds: z.number(),
});

export type InspectWait = z.infer<typeof inspectWaitSchema>;

/** Consecutive chunks of a plan; a wider span would be walked through chunk by chunk. */
const rangeSchema = z
  .object({ n: count, first: count, last: count })
  .check(
    z.refine(
      ({ first, last }) => first >= 1 && last >= first && last - first < maxChunksPerRange,
      'is no range of a plan',
    ),
  );

/** The object's names, for the log: every step's lines name it. */
const objectNames = { bucket: z.optional(z.string()), key: z.optional(z.string()) };

/** A transfer that this execution owns by `fence`. */
export const ownedSchema = z.object({
  transferId: z.string(),
  ...objectNames,
  fence: count,
  sessionNumber: count,
  /** Plans made by this execution. */
  round: count,
  /** Ranges planned by this execution in all its rounds. */
  planned: count,
  sessionsOpened: count,
  /** Sessions whose opening was not answered. */
  createsLost: z._default(count, 0),
  /** Checks of the present phase that found the service still busy; each wait is longer. */
  polls: count,
  /** When the present phase began, in milliseconds since 1970. */
  since: count,
  /** Since when the service does not know the asset, in milliseconds since 1970. */
  missingSince: z.optional(count),
  outage: z.optional(outageSchema),
  /** Chunks that had a proof when the last plan was made. */
  proven: z._default(count, 0),
  /** Chunks that had a proof when ConfirmUpload last met an error. */
  counted: z._default(count, 0),
  /** Rounds in which one range probed whether sending works again. */
  probes: z._default(count, 0),
  /** Ranges that the last plan sent at once. */
  concurrency: z.optional(count),
  /** Ranges to send at once, where more of them were too slow. */
  senders: z.optional(count),
  /** The page of chunk states at which a check goes on. */
  page: z.optional(count),
  /** Why OpenSession is entered again. */
  next: z.optional(z.string()),
});

export type Owned = z.infer<typeof ownedSchema>;

/** One iteration of the map. */
export const rangeStateSchema = z.object({
  transferId: z.string(),
  ...objectNames,
  fence: count,
  sessionNumber: count,
  round: count,
  range: rangeSchema,
  /** Ranges of the transfer that are sent at once. */
  senders: z._default(count, 1),
  /** Chunks of the transfer that had a proof when the plan was made. */
  proven: z._default(count, 0),
  /** Calls of the send step for this range in this round. */
  calls: z._default(count, 0),
  /** Calls in a row that stored nothing. */
  idleCalls: z._default(count, 0),
  /** Chunks of this range in flight at once, where more of them did not fit into a call. */
  chunkConcurrency: z.optional(count),
  /** Since when the upload host refuses every chunk, in milliseconds since 1970. */
  refusedSince: z.optional(count),
  /** What ended the send step when it was not the step itself. */
  error: z.optional(z.object({ Error: z.string(), Cause: z._default(z.string(), '') })),
});

export type RangeState = z.infer<typeof rangeStateSchema>;

/** How an execution ended, before it is recorded. */
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

/** Whatever RecordOutcome is reached with: an ending or an error, with or without an owned transfer. */
export const endedSchema = z.looseObject({
  transferId: z.optional(z.string()),
  fence: z.optional(count),
  /** The object's identity, where it was pinned but perhaps not yet owned. */
  object: z.optional(z.string()),
  /** The queued transfer that it was started for, where it ended before it said that it owns it. */
  dispatched: z.optional(z.object({ transferId: z.string() })),
  ending: z.optional(endingSchema),
  error: z.optional(z.object({ Error: z.string(), Cause: z._default(z.string(), '') })),
});

/**
 * Reads a state at the step's door.
 * @throws InvalidInputError - the state is not of that shape; names the field
 */
export function readState<T extends z.ZodMiniType>(schema: T, state: unknown): z.infer<T> {
  const parsed = schema.safeParse(state);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new TransferError(
    'InvalidInputError',
    `state: ${issue?.path.map(String).join('.') || 'whole'}: ${issue?.message}`,
  );
}
