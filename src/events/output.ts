import * as z from 'zod/mini';

const count = z.number().check(z.int(), z.gte(0));
const seconds = z.number().check(z.gte(0));

/** The object that a start named. */
const named = { bucket: z.string(), key: z.string() };

/** One version of an object. Without versioning at the bucket, it has no `versionId`. */
const version = { ...named, versionId: z.optional(z.string()), etag: z.string() };

/** What is known about a transfer that ended; `assetId` only if the service has named its asset. */
const described = {
  transferId: z.string(),
  execution: z.string(),
  assetId: z.optional(z.string()),
  ...version,
  ingestNumber: count,
  bytes: count,
  chunks: z.optional(count),
  secondsToBytesComplete: z.optional(seconds),
  checksum: z.string(),
  checksumNotCompared: z.optional(z.string()),
  etags: z.optional(z.literal('opaque')),
  retries: z.record(z.string(), count),
};

/** The asset can be used. */
export const readySchema = z.looseObject({
  status: z.literal('ready'),
  ...described,
  assetId: z.string(),
  secondsToReady: seconds,
  duplicates: z.optional(z.array(z.string())),
});

/** The object was overwritten or deleted while it was read. */
export const supersededSchema = z.looseObject({
  status: z.literal('superseded'),
  ...described,
  why: z.string(),
});

/** The transfer failed, or its start was rejected: a rejected start has no version, and perhaps no object. */
export const failedSchema = z.looseObject({
  status: z.literal('failed'),
  ...z.partial(z.object(described)).shape,
  error: z.string(),
  cause: z.string(),
});

/** An operator cancelled the transfer, or stopped its execution. */
export const cancelledSchema = z.looseObject({
  status: z.literal('cancelled'),
  ...z.partial(z.object(described)).shape,
  why: z.optional(z.string()),
  cancelledBy: z.optional(z.literal('request')),
  cancelledAt: z.optional(z.string()),
});

/** The transfer waits in the queue. */
export const queuedSchema = z.looseObject({
  status: z.literal('queued'),
  transferId: z.string(),
  because: z.optional(z.string()),
  position: count,
  nextExecution: z.string(),
  ...version,
});

/** The version is an asset already, or an earlier version with the same bytes is. */
export const alreadyIngestedSchema = z.looseObject({
  status: z.literal('already-ingested'),
  transferId: z.string(),
  assetId: z.optional(z.string()),
  ...version,
  sameContentAs: z.optional(z.string()),
});

/** Another execution has the transfer. */
export const runningElsewhereSchema = z.looseObject({
  status: z.literal('running-elsewhere'),
  transferId: z.string(),
  execution: z.string(),
  leaseUntil: z.string(),
  ...version,
});

/** The transfer ended before the execution that the dispatcher started for it. */
export const noLongerQueuedSchema = z.looseObject({
  status: z.literal('no-longer-queued'),
  transferId: z.string(),
  state: z.string(),
  ...version,
});

/** The event needs no transfer. */
export const ignoredSchema = z.looseObject({
  status: z.literal('ignored'),
  ...named,
  why: z.string(),
});

/** The result of one check of a preflight. */
const findingSchema = z.looseObject({
  check: z.string(),
  ok: z.boolean(),
  problem: z.optional(z.string()),
  nextStep: z.optional(z.string()),
});

/** A preflight ended, and nothing was moved. If it did not run, it has an error in place of the counts. */
export const preflightSchema = z.looseObject({
  status: z.literal('preflight'),
  passed: z.optional(count),
  failed: z.optional(count),
  steps: z.optional(
    z.record(
      z.string(),
      z.looseObject({ findings: z.array(findingSchema), passed: count, failed: count }),
    ),
  ),
  error: z.optional(z.string()),
  cause: z.optional(z.string()),
});

/**
 * The Zod schema of the output of an execution, by its `status`. Each status may get more fields in a
 * later version: ignore the fields that you do not know.
 */
export const transferOutputSchema = z.discriminatedUnion('status', [
  readySchema,
  alreadyIngestedSchema,
  queuedSchema,
  runningElsewhereSchema,
  cancelledSchema,
  noLongerQueuedSchema,
  ignoredSchema,
  preflightSchema,
  supersededSchema,
  failedSchema,
]);

/** The output of an execution, by its `status`. */
export type TransferOutput = z.infer<typeof transferOutputSchema>;

/** How an execution ended. */
export type TransferStatus = TransferOutput['status'];
