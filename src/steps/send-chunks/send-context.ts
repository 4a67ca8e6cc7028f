import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import type { ChunkRecord, TransferRecord } from '#src/core/transfer/transfer.ts';
import type { RangeKey } from '#src/core/transfer/transfer-store.ts';
import type { UsableSession } from '#src/transfer/ownership.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';

/** The ports that sending needs. */
export type SendPorts = Needs<
  'store' | 'queue' | 'source' | 'destination' | 'settings' | 'newCrc' | 'concurrency'
>;

/** The data of one call that sends one range. */
export interface SendContext {
  readonly ports: SendPorts;
  readonly transfer: TransferRecord;
  /** The session. Its ETag mode changes during the call; at an ordered service, so does the session itself. */
  record: UsableSession;
  /** Rows of the range's chunks, retired ones included. */
  readonly rows: ReadonlyMap<number, ChunkRecord>;
  /** Indexes of the chunks without a proof, ascending. */
  readonly missing: readonly number[];
  readonly invocation: Invocation;
  /** Retries by cause; incremented in place. */
  readonly retries: Record<string, number>;
  /** Identifies this round of this execution. */
  readonly roundId: string;
  /** Limit of chunks of this range in flight; lower than the setting after a call in which none ended. */
  readonly chunkConcurrency: number;
  /** Bytes of the chunks that this call has stored; incremented in place. */
  sentBytes?: number;
  /** Bytes read in this call, chunks that were not stored included; incremented in place. */
  movedBytes?: number;
  /** Set if the deadline cut off a chunk that had nearly the whole call: the bytes still moved, or only the reply was missing. */
  cutOff?: 'moving' | 'replying';
  /** Start of the time in which the upload host rejects every chunk, in milliseconds since 1970. */
  rejectedSince?: number | undefined;
  /** End of the claim on the range, in milliseconds since 1970. */
  claimedUntil: number;
  readonly rangeKey: RangeKey;
  /** Time of the last ownership check, in milliseconds since 1970. */
  ownedAt: number;
}

/** Records the metrics of one stored chunk: once per chunk, not once per buffer. */
export function measureChunk(
  context: SendContext,
  { host }: ChunkDelivery,
  sizeBytes: number,
  latencyMs: number,
): void {
  const { meter } = context.ports;
  context.sentBytes = (context.sentBytes ?? 0) + sizeBytes;
  context.rejectedSince = undefined;
  meter.add('BytesSent', sizeBytes);
  meter.add('ChunksSent', 1);
  meter.add('ChunkLatency', latencyMs);
  if (host !== undefined) meter.add('ChunksToHost', 1, host);
}

/** Records the throughput of a call, in bytes per second, if it stored anything. */
export function measureThroughput({ ports, sentBytes = 0 }: SendContext, startedAt: number): void {
  const seconds = (ports.clock.now() - startedAt) / 1000;
  if (sentBytes > 0 && seconds > 0) ports.meter.add('Throughput', Math.round(sentBytes / seconds));
}
