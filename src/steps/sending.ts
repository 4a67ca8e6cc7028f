import type { ChunkDelivery } from '#src/core/destination.ts';
import type { ChunkRecord, TransferRecord } from '#src/core/transfer.ts';
import type { UsableSession } from './ownership.ts';
import type { Invocation, Needs } from './step.ts';

/** What sending needs. */
export type SendPorts = Needs<'store' | 'turns' | 'source' | 'destination' | 'settings' | 'newCrc'>;

/** One call's work on one range. */
export interface Sending {
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
  /** Bytes of the chunks that this call has sent; added to in place. */
  sentBytes?: number;
}

/** Measures one chunk that was delivered; once a chunk, never once a buffer. */
export function measureChunk(
  sending: Sending,
  { host }: ChunkDelivery,
  sizeBytes: number,
  latencyMs: number,
): void {
  const { meter } = sending.ports;
  sending.sentBytes = (sending.sentBytes ?? 0) + sizeBytes;
  meter.add('BytesSent', sizeBytes);
  meter.add('ChunksSent', 1);
  meter.add('ChunkLatency', latencyMs);
  if (host !== undefined) meter.add('ChunksToHost', 1, host);
}

/** Measures how fast a call sent, where it sent something and time has passed. */
export function measureThroughput({ ports, sentBytes = 0 }: Sending, startedAt: number): void {
  const seconds = (ports.clock.now() - startedAt) / 1000;
  if (sentBytes > 0 && seconds > 0) ports.meter.add('Throughput', Math.round(sentBytes / seconds));
}
