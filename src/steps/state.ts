import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors.ts';
import { maxChunksPerRange } from '#src/core/limits.ts';
import { isUserMetadata, type UserMetadata } from '#src/core/user-metadata.ts';

/** The state between the steps: ids, ranges and what is next; never a URL, a proof or a header. */

const count = z.number().check(z.int(), z.gte(0));

const optionsSchema = z.object({
  filename: z.optional(z.string()),
  userMetadata: z.optional(z.custom<UserMetadata>(isUserMetadata)),
  enableHls: z.optional(z.boolean()),
  enableThumbnail: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
});

const sourceSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.optional(z.string()),
  account: z.optional(z.string()),
  region: z.optional(z.string()),
  etag: z.string(),
  sizeBytes: count,
  contentType: z.optional(z.string()),
  checksum: z.optional(
    z.object({ algorithm: z.enum(['CRC64NVME', 'CRC32', 'CRC32C']), value: z.string() }),
  ),
  otherChecksum: z.optional(z.string()),
});

/** What InspectSource found: the pinned object, before anything is owned. */
export const inspectedSchema = z.object({
  /** Identity of the object version at the destination. */
  object: z.string(),
  source: sourceSchema,
  options: optionsSchema,
  /** Sessions opened by this execution so far. */
  sessionsOpened: z._default(count, 0),
  /** Looks of the present phase so far; each wait is longer than the one before. */
  polls: z._default(count, 0),
});

export type Inspected = z.infer<typeof inspectedSchema>;

/** Consecutive chunks of a plan; a wider span would be walked through chunk by chunk. */
const rangeSchema = z
  .object({ n: count, first: count, last: count })
  .check(
    z.refine(
      ({ first, last }) => first >= 1 && last >= first && last - first < maxChunksPerRange,
      'is no range of a plan',
    ),
  );

/** A transfer that this execution owns by `fence`. */
export const ownedSchema = z.object({
  transferId: z.string(),
  fence: count,
  sessionNumber: count,
  /** Plans made by this execution. */
  round: count,
  /** Ranges planned by this execution in all its rounds. */
  planned: count,
  sessionsOpened: count,
  polls: count,
  /** When the present phase began, in milliseconds since 1970. */
  since: count,
  /** Looks at which the service did not know the asset. */
  missing: z._default(count, 0),
  /** Why OpenSession is entered again. */
  next: z.optional(z.string()),
});

export type Owned = z.infer<typeof ownedSchema>;

/** One iteration of the map. */
export const rangeStateSchema = z.object({
  transferId: z.string(),
  fence: count,
  sessionNumber: count,
  round: count,
  range: rangeSchema,
  /** Calls of the send step for this range in this round. */
  calls: z._default(count, 0),
  /** What ended the send step when it was not the step itself. */
  error: z.optional(z.object({ Error: z.string(), Cause: z._default(z.string(), '') })),
});

export type RangeState = z.infer<typeof rangeStateSchema>;

/** How an execution ended, before it is recorded. */
export const endingSchema = z.looseObject({
  status: z.enum(['ready', 'already-ingested', 'running-elsewhere', 'superseded', 'ignored']),
});

export type Ending = z.infer<typeof endingSchema>;

/** Whatever RecordOutcome is reached with: an ending or an error, with or without an owned transfer. */
export const endedSchema = z.looseObject({
  transferId: z.optional(z.string()),
  fence: z.optional(count),
  /** The object's identity, where it was pinned but perhaps not yet owned. */
  object: z.optional(z.string()),
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
