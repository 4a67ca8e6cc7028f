import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import type { Sources } from '#src/core/source/sources.ts';

/** What an operator may tune, read once from the environment. */
export interface Settings {
  /** Chunks that one call of the send step keeps in flight. */
  readonly chunksInFlight: number;
  /** Ranges that one transfer sends at once. */
  readonly mapConcurrency: number;
  /** Transfers between opening a session and their bytes being complete. */
  readonly maxActiveTransfers: number;
  /** Calls of the send step that run at once, over all transfers. */
  readonly maxSendConcurrency: number;
  /** Whether this is a local run: no dispatcher would start what it queues, so it waits for a slot itself. */
  readonly isLocalRun: boolean;
  /** The hours in which transfers start. Default: all. */
  readonly transferWindow?: TransferWindow | undefined;
  readonly sources: Sources;
  /** A chunk whose source gives no byte, or whose upload host takes none, for this long is sent again. */
  readonly noProgressMs: number;
  /** How long the upload host may take to reply after a chunk's last byte. Default: the destination's own. */
  readonly uploadReplyMs?: number | undefined;
  /** Replaces the destination's own limit for video and audio, where set. */
  readonly maxMediaBytes?: number | undefined;
  /** Replaces the destination's own limit for images, where set. */
  readonly maxImageBytes?: number | undefined;
  /** Whether chunks may go to private addresses. Not so where left out. */
  readonly privateUploadHosts?: boolean | undefined;
}
