import type { LogFields } from '#src/core/ports/log.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { RangeKey } from '#src/core/transfer/transfer-store.ts';
import type { ChunkRecord } from '#src/core/transfer/upload-rows.ts';
import type { UsableSession } from '#src/step-support/ownership.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import type { WholeDigest } from './whole-digest.ts';

/** The ports that sending needs. */
export type SendPorts = Needs<
  'store' | 'queue' | 'source' | 'destination' | 'settings' | 'newCrc' | 'concurrency'
>;

/** The chunks that one call has stored. */
interface SentChunks {
  bytes: number;
  /** The lowest and the highest index. */
  first: number;
  last: number;
  readonly hosts: Set<string>;
}

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
  /** Absent if the destination needs no MD5 of the whole object, or S3 has it. */
  readonly wholeDigest?: WholeDigest | undefined;
  /** The chunks that this call has stored; changed in place. Absent before the first. */
  sent?: SentChunks;
  /** Bytes read in this call, chunks that were not stored included; incremented in place. */
  movedBytes?: number;
  /** Set if the deadline cut off a chunk that had nearly the whole call: the bytes still moved, or only the reply was missing. */
  cutOff?: 'moving' | 'replying';
  /** Start of the time in which the upload host rejects every chunk, in milliseconds since 1970. */
  rejectedSince?: number | undefined;
  /** End of the claim on the range, in milliseconds since 1970. */
  claimedUntil: number;
  /** End of the claim of the sender that has taken the range over, in milliseconds since 1970; absent before. */
  lostUntil?: number;
  readonly rangeKey: RangeKey;
  /** Time of the last ownership check, in milliseconds since 1970. */
  ownedAt: number;
}

/** Records the metrics of one stored chunk: once per chunk, not once per buffer. */
export function measureChunk(
  context: SendContext,
  { host }: ChunkDelivery,
  { index, sizeBytes }: Pick<ChunkProof, 'index' | 'sizeBytes'>,
  latencyMs: number,
): void {
  const { meter } = context.ports;
  context.sent ??= { bytes: 0, first: index, last: index, hosts: new Set() };
  const { sent } = context;
  sent.bytes += sizeBytes;
  sent.first = Math.min(sent.first, index);
  sent.last = Math.max(sent.last, index);
  if (host !== undefined) sent.hosts.add(host);
  context.rejectedSince = undefined;
  meter.add('BytesSent', sizeBytes);
  meter.add('ChunksSent', 1);
  meter.add('ChunkLatency', latencyMs);
  if (host !== undefined) meter.add('ChunksToHost', 1, host);
}

/** Records the throughput of a call, in bytes per second, if it stored anything. */
export function measureThroughput({ ports, sent }: SendContext, startedAt: number): void {
  const seconds = (ports.clock.now() - startedAt) / 1000;
  if (sent && seconds > 0) ports.meter.add('Throughput', Math.round(sent.bytes / seconds));
}

/** Returns the log fields of the chunks that a call has stored. */
export function sentFields({ sent }: SendContext): LogFields {
  if (!sent) return {};
  const { first, last, bytes, hosts } = sent;
  return { firstChunk: first, lastChunk: last, sizeBytes: bytes, hosts: [...hosts].join(' ') };
}
