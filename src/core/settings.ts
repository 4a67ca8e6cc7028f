import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import type { Sources } from '#src/core/source/sources.ts';

/** The settings of an operator, read once from the environment. */
export interface Settings {
  /** Chunks in flight in one call of SendChunks. */
  readonly chunksInFlight: number;
  /** Ranges that one transfer sends at once. */
  readonly mapConcurrency: number;
  /** Concurrency slots: transfers that send at once. */
  readonly maxActiveTransfers: number;
  /** Concurrent calls of SendChunks, over all transfers. */
  readonly maxSendConcurrency: number;
  /** The time limit of one call of SendChunks, in ms. It bounds the ranges of a plan. */
  readonly sendTimeoutMs: number;
  /** Whether this is a local run. Without a dispatcher, a queued local run waits for a slot itself. */
  readonly isLocalRun: boolean;
  /** The hours in which transfers start. Default: at any time. */
  readonly transferWindow?: TransferWindow | undefined;
  readonly sources: Sources;
  /** A chunk is sent again if no byte moves for this long, from S3 or to the upload host. */
  readonly noProgressMs: number;
  /** The timeout for the upload host's reply after a chunk's last byte. Default: the destination's own. */
  readonly uploadReplyMs?: number | undefined;
  /** Whether chunks may be sent to private addresses. Default: false. */
  readonly privateUploadHosts?: boolean | undefined;
}
