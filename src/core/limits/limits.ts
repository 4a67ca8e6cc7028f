/** Chunkferry's own bounds, each with its reason. The limits of a service are defined with its destination. */

const MiB = 1024 * 1024;

/**
 * Chunks, or bytes, that are worth a sender of their own. An object gets a further range only for as
 * many. Smaller ranges cost more calls than they save time.
 */
export const minChunksPerSender = 50;
export const minBytesPerSender = 512 * MiB;

/**
 * Chunks that one call prepares, if the destination does not name their number. A page is prepared shortly
 * before its use: what is prepared may expire.
 */
export const defaultChunksPerPage = 32;

/**
 * The rate that plans assume for one call of SendChunks, in bytes per second. It is a quarter of the about
 * 75 MB/s that others report for the network of a Lambda function (not measured here). A slower call
 * answers `more` and continues.
 */
export const plannedBytesPerSecond = 20_000_000;

/**
 * Chunks of one upload session. The session's row names every accepted chunk: 20,000 numbers take about
 * 140 KB of the 400 KB that DynamoDB allows a row.
 */
export const maxChunksPerSession = 20_000;

/** Ranges in one plan. 400 iterations stay far below an execution's limit of 25,000 history events. */
export const maxRangesPerPlan = 400;

/** Ranges in all plans of one execution, for the same reason. */
export const maxRangesPerExecution = 800;

/** Inline Map runs at most 40 iterations at once (AWS Step Functions quotas, 2026). */
export const maxMapConcurrency = 40;

/** Plans of one execution before it ends as `queued`, or with `RoundsExhaustedError` if it stored no further chunk. */
export const maxRoundsPerExecution = 12;

/**
 * Calls of SendChunks in one execution. Each takes 7 of the 25,000 history events, or 9 with a wait, and each of
 * the 800 ranges 4 more: 23,000. The rest is for the waits of an outage and for the asset.
 *
 * Repeats by a state's `Retry` are not counted: no function sees a call that Lambda refused. Each takes 3 events, and
 * one call has at most 18. If they fill the history, Step Functions ends the execution, and the reconciler queues its
 * transfer (`src/reconciler/continue-transfer.ts`).
 */
export const maxCallsPerExecution = 2_200;

/** Executions of one transfer with a full history after which the reconciler queues it again. */
export const maxFullHistories = 3;

/**
 * How long an execution plans and sends, in seconds: half of its seven days. The other half has room for outages
 * (48 hours), the confirmation (6 hours) and the asset (24 hours).
 */
export const maxSendingSeconds = 3.5 * 24 * 3600;

/** Returns until when an execution may send, in milliseconds since 1970; undefined for a local run. */
export function sendingEnd(executionStartedAt: number, isLocalRun: boolean): number | undefined {
  return isLocalRun ? undefined : executionStartedAt + maxSendingSeconds * 1000;
}

/** A round counts as so many calls more: its states take about 40 events. */
export const callsPerRound = 5;

/** Returns the limit of calls of an execution. A local run has no history that they could fill. */
export function maxCallsOf({ isLocalRun }: { readonly isLocalRun: boolean }): number {
  return isLocalRun ? Number.POSITIVE_INFINITY : maxCallsPerExecution;
}

/** Sessions that one execution opens for a transfer, including lost and replaced sessions. */
export const maxSessionsPerExecution = 4;

/** Chunks in flight in one call of SendChunks, limited by a function's sockets and memory. */
export const maxChunksInFlight = 64;

/** The default of `chunksInFlight`. */
export const defaultChunksInFlight = 4;

/** Reports of a pending chunk before its proof is retired and the chunk is sent again. */
export const maxReportsPerChunk = 3;

/** Sends of a chunk whose proof the service rejects each time, before the execution ends. */
export const maxRejectedGenerations = 3;

/** Chunks that must mismatch twice each, without any match, before ETags count as opaque. */
export const opaqueEvidenceChunks = 3;

/** The default of `maxActiveTransfers`. */
export const defaultActiveTransfers = 10;

/** The default of concurrent calls of SendChunks: eight for each active transfer. */
export const defaultSendConcurrency = 80;

/** The default time limit of one call of SendChunks, in ms. */
export const defaultSendTimeoutMs = 600_000;

/**
 * The highest `maxActiveTransfers`. A check of the slots reads as many rows of one partition, which
 * allows 3,000 reads a second (DynamoDB quotas, 2026).
 */
export const maxSlots = 100;

/** The period of the dispatcher's schedule, in seconds. */
export const dispatchSeconds = 60;

/**
 * Executions that one call of the dispatcher starts: one for each slot. Step Functions refills
 * StartExecution by 150 a second in its smaller Regions (Step Functions quotas, 2026).
 */
export const maxStartsPerDispatch = maxSlots;

/** Executions that all calls of the dispatcher start in one second. Leaves quota for other callers. */
export const maxStartsPerSecond = 100;

/**
 * The longest wait before a start of a repeatedly queued transfer, in seconds. Two versions of the code
 * with different bounds must not loop during a deployment.
 */
export const maxRequeuedSeconds = 30;

/** The longest wait before the next start after a failed start, in seconds. */
export const maxRestartSeconds = 60;

/** Failed starts of one ticket before its transfer fails with `StartsExhaustedError`. */
export const maxStartsPerTicket = 20;

/** The longest wait for the call rate within a function, in ms. A Wait state takes longer waits. */
export const maxRateWaitMs = 10_000;

/** The shortest time between two reads, and two writes of one kind, of the shared call rates, in ms. */
export const shareEveryMs = 5_000;

/** The longest delay of a call by a read or write of the shared call rates, in ms. */
export const maxShareMs = 1_000;

/** The longest accepted `Retry-After`, in seconds. Daily quotas exist; longer quotas are not known. */
export const maxStopSeconds = 24 * 3600;

/** The longest stop of a kind of call for all transfers, in seconds. Storage has no daily quotas. */
export const maxSharedStopSeconds = {
  service: maxStopSeconds,
  storage: 3600,
  source: 3600,
} as const;

/** The lease of a transfer's owner and of a slot, in seconds. It outlives the longest wait. */
export const leaseSeconds = 1_200;

/** The shortest time between two renewals of a lease, in seconds. */
export const leaseRenewalSeconds = 60;

/**
 * The age from which an unfinished session without a transfer is an orphan, in ms. The call that opened a
 * younger one may not have recorded it yet.
 */
export const orphanGraceMs = 120_000;

/** The period of the reconciler's sweep, in seconds. */
export const sweepSeconds = 300;

/** The lifetime of chunk and range rows, in seconds: an execution's seven days and seven more. */
export const rowLifetimeSeconds = 14 * 24 * 3600;

/** The largest JSON reply of a service. A page of 50 presigned URLs has about 60 KiB. */
export const maxReplyBytes = 1 * MiB;

/** Bounds of the setting `uploadReply`, in ms. A Lambda function runs for at most 15 minutes. */
export const minUploadReplyMs = 30_000;
export const maxUploadReplyMs = 900_000;

/**
 * Bounds of a source's `waitWhileDenied`, in seconds. A day of waits leaves most of an execution's
 * 25,000 history events to the transfer.
 */
export const minDeniedSeconds = 60;
export const maxDeniedSeconds = 24 * 3600;

/** Work stops this long before a function's time limit, in ms. The function then writes its results. */
export const deadlineMarginMs = 5_000;

/** A send starts no further chunk if less time than this is left, in ms. */
export const sendReserveMs = 10_000;
