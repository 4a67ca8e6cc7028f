import type { ChunkRecord, TransferRecord } from '#src/core/transfer.ts';
import type { UsableSession } from './ownership.ts';
import type { Invocation, Needs } from './step.ts';

/** What sending needs. */
export type SendPorts = Needs<'store' | 'source' | 'destination' | 'settings' | 'newCrc'>;

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
}
