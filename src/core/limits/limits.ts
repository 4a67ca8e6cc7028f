/** Our own bounds, each with the reason it has this value. A service's limits live with its destination. */

import { boundOf } from './recovery-bounds.ts';

const MiB = 1024 * 1024;

/** One presigned-URL call and one report take at most 50 chunks (TwelveLabs OpenAPI, 2026-02-17). */
export const maxChunksPerRange = 50;

/** Bytes bound how long one send may take, whatever the chunk size. */
export const maxRangeBytes = 512 * MiB;

/** Ranges in one plan: 400 iterations stay far below the 25,000 history events of an execution. */
export const maxRangesPerPlan = 400;

/** Ranges planned by one execution in all its rounds, for the same reason. */
export const maxRangesPerExecution = 800;

/** Inline Map runs at most 40 iterations at once (AWS Step Functions quotas, 2026). */
export const maxMapConcurrency = 40;

/** Plans an execution makes before it ends by name; a new one continues. */
export const maxRoundsPerExecution = 12;

/** Sessions opened for one transfer by one execution, lost and replaced ones included. */
export const maxSessionsPerExecution = 4;

/** Chunks that one call of the send step may keep in flight: sockets and memory of one function. */
export const maxChunksInFlight = 64;

/** Reports of a chunk that stays pending before its proof is retired and it is sent again. */
export const maxReportsPerChunk = 3;

/** Times a chunk is sent whose proof the service refuses, before that refusal ends the execution. */
export const maxRefusedGenerations = 3;

/** Chunks that must each mismatch twice, with none ever matching, before ETags count as opaque. */
export const opaqueEvidenceChunks = 3;

/** Transfers that send at once, where nobody says otherwise. */
export const defaultActiveTransfers = 10;

/** Calls of the send step at once, where nobody says otherwise: eight for each transfer. */
export const defaultSendConcurrency = 80;

/**
 * The highest `maxActiveTransfers`: a look at the slots reads as many rows, all in one partition of the
 * table, which gives 3,000 reads a second (DynamoDB quotas, 2026).
 */
export const maxSlots = 100;

/** How often the dispatcher looks at the queue without being called, in seconds. */
export const dispatchSeconds = 60;

/**
 * Executions that one call of the dispatcher starts. Step Functions refills StartExecution by 150 a
 * second in its smaller Regions (Step Functions quotas, 2026), and as many slots as this can be free.
 */
export const maxStartsPerDispatch = maxSlots;

/** Executions that all calls of the dispatcher start in one second; the quota above leaves room for other callers. */
export const maxStartsPerSecond = 100;

/**
 * The longest wait before a transfer is started that executions have queued again and again, in seconds:
 * where two versions of the code see different bounds during a deployment, they must not loop.
 */
export const maxRequeuedSeconds = 30;

/** The longest wait before the next start of a ticket whose execution ended before it took the transfer, in seconds. */
export const maxRestartSeconds = 60;

/** Executions started for one ticket that end before they take the transfer, before it fails. */
export const maxStartsPerTicket = 20;

/** Calls of one kind wait this long for the call rate within a function, in ms; a longer wait is a Wait state's. */
export const maxRateWaitMs = 10_000;

/** Shared call rates are written at most once for each kind, and read at most once, in this time, in ms. */
export const shareEveryMs = 5_000;

/** A read or a write of the shared call rates holds a call up this long at most, in ms. */
export const maxShareMs = 1_000;

/** The longest `Retry-After` that is believed, in seconds: quotas by the day exist, longer ones are not known. */
export const maxStopSeconds = 24 * 3600;

/** The longest stop of a kind of call for all transfers, in seconds: storage has no quotas by the day. */
export const maxSharedStopSeconds = {
  service: maxStopSeconds,
  storage: 3600,
  source: 3600,
} as const;

/** A pause between two calls of one step, in seconds; the lease outlives it. */
export const maxWaitSeconds = boundOf('longestWait');

/** How long one owner may stay silent before another may take its transfer, in seconds. */
export const leaseSeconds = 1_200;

/** The lease is renewed at most this often, in seconds. */
export const leaseRenewalSeconds = 60;

/** How often the reconciler looks at everything: what a dead execution held is found within so many seconds. */
export const sweepSeconds = 300;

/** Chunk and range rows live this long after they are written: a machine's seven days, then seven more. */
export const rowLifetimeSeconds = 14 * 24 * 3600;

/** The most that a service's JSON reply may hold; 50 presigned URLs are about 60 KiB. */
export const maxReplyBytes = 1 * MiB;

/** Bounds of the setting for the reply to a chunk, in milliseconds; a Lambda function runs for 15 minutes at most. */
export const minUploadReplyMs = 30_000;
export const maxUploadReplyMs = 900_000;

/**
 * Bounds of a source's `waitWhileDenied`, in seconds. A day of waits leaves most of an execution's
 * 25,000 history events to the transfer.
 */
export const minDeniedSeconds = 60;
export const maxDeniedSeconds = 24 * 3600;

/** Work stops this long before a function's time is up, so that it can write what it knows, in ms. */
export const deadlineMarginMs = 5_000;

/** A send starts no further chunk when less than this is left, in ms. */
export const sendReserveMs = 10_000;
