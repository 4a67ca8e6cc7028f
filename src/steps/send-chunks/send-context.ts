import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import type { ChunkRecord, TransferRecord } from '#src/core/transfer/transfer.ts';
import type { RangeKey } from '#src/core/transfer/transfer-store.ts';
import type { UsableSession } from '#src/transfer/ownership.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';

/** What sending needs. */
export type SendPorts = Needs<
  'store' | 'queue' | 'source' | 'destination' | 'settings' | 'newCrc' | 'concurrency'
>;

/** One call's work on one range. */
export interface SendContext {
  readonly ports: SendPorts;
  readonly transfer: TransferRecord;
  /** The session; its ETag mode and, for a serial service, itself change while sending. */
  record: UsableSession;
  /** Rows of the range's chunks, retired ones included. */
  readonly rows: ReadonlyMap<number, ChunkRecord>;
  /** Indexes to send, ascending. */
  readonly missing: readonly number[];
  readonly invocation: Invocation;
  /** Counts by cause; added to in place. */
  readonly retries: Record<string, number>;
  /** This round of this execution. */
  readonly roundId: string;
  /** Chunks of this range that may be in flight at once, where an earlier call found fewer to fit. */
  readonly chunkConcurrency: number;
  /** Bytes of the chunks that this call has stored; added to in place. */
  sentBytes?: number;
  /** Bytes that moved in this call, also of chunks that were not stored; added to in place. */
  movedBytes?: number;
  /** What a chunk did that was cut off by the end of the call after it had had all of it. */
  cutOff?: 'moving' | 'replying';
  /** Since when the upload host refuses every chunk, in milliseconds since 1970. */
  refusedSince?: number | undefined;
  /** Until when the range is claimed, in milliseconds since 1970. */
  claimedUntil: number;
  readonly rangeKey: RangeKey;
  /** When the ownership of the transfer was last checked, in milliseconds since 1970. */
  ownedAt: number;
}

/** Measures one chunk that was delivered; once a chunk, never once a buffer. */
export function measureChunk(
  sending: SendContext,
  { host }: ChunkDelivery,
  sizeBytes: number,
  latencyMs: number,
): void {
  const { meter } = sending.ports;
  sending.sentBytes = (sending.sentBytes ?? 0) + sizeBytes;
  sending.refusedSince = undefined;
  meter.add('BytesSent', sizeBytes);
  meter.add('ChunksSent', 1);
  meter.add('ChunkLatency', latencyMs);
  if (host !== undefined) meter.add('ChunksToHost', 1, host);
}

/** Measures how fast a call sent, where it sent something and time has passed. */
export function measureThroughput({ ports, sentBytes = 0 }: SendContext, startedAt: number): void {
  const seconds = (ports.clock.now() - startedAt) / 1000;
  if (sentBytes > 0 && seconds > 0) ports.meter.add('Throughput', Math.round(sentBytes / seconds));
}
