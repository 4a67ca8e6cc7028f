/** What a request asks for; `other` is any path or method that the simulator does not know. */
export type Operation =
  | 'create'
  | 'list'
  | 'status'
  | 'report'
  | 'presign'
  | 'asset'
  | 'assets'
  | 'delete-asset'
  | 'put'
  | 'other';

/** One request, from its first line on. Times are milliseconds by the simulator's clock. */
export interface CallRecord {
  readonly operation: Operation;
  readonly uploadId?: string | undefined;
  readonly assetId?: string | undefined;
  /** The chunk of a PUT. */
  readonly chunkIndex?: number | undefined;
  /** The chunks that the request speaks of: a PUT's one, a report's, a request's for URLs. */
  readonly chunks: readonly number[];
  /** Whether the API key came along; it has no business at the upload host. */
  readonly bearsApiKey: boolean;
  readonly at: number;
  /** Which use of its presigned URL a PUT is, from 1. */
  urlUse?: number | undefined;
  /** Body bytes that were read. */
  bytes: number;
  /** 0 while there is no reply, and for ever where none was sent. */
  status: number;
  endedAt?: number | undefined;
  /** Kind of the scripted fault that befell it. */
  fault?: string | undefined;
}

/** Narrows a look into the log; every field that is given must be equal. */
export interface CallFilter {
  readonly uploadId?: string;
  readonly assetId?: string;
  /** Matches any request that speaks of the chunk. */
  readonly chunkIndex?: number;
  readonly status?: number;
  readonly fault?: string;
}

function matches(record: CallRecord, filter: CallFilter): boolean {
  return (
    (filter.uploadId === undefined || record.uploadId === filter.uploadId) &&
    (filter.assetId === undefined || record.assetId === filter.assetId) &&
    (filter.chunkIndex === undefined || record.chunks.includes(filter.chunkIndex)) &&
    (filter.status === undefined || record.status === filter.status) &&
    (filter.fault === undefined || record.fault === filter.fault)
  );
}

/** Every request that arrived, in order of arrival, those without a reply included. */
export class CallLog {
  readonly #records: CallRecord[] = [];

  /** Adds a request; the caller fills in the rest as it becomes known. @internal */
  begin(record: CallRecord): CallRecord {
    this.#records.push(record);
    return record;
  }

  all(): readonly CallRecord[] {
    return [...this.#records];
  }

  /** The requests of one operation. */
  of(operation: Operation, filter: CallFilter = {}): readonly CallRecord[] {
    return this.#records.filter(
      (record) => record.operation === operation && matches(record, filter),
    );
  }

  count(operation: Operation, filter: CallFilter = {}): number {
    return this.of(operation, filter).length;
  }

  /** Requests by operation; operations without any are left out. */
  counts(): Partial<Record<Operation, number>> {
    const counts: Partial<Record<Operation, number>> = {};
    for (const { operation } of this.#records) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  clear(): void {
    this.#records.length = 0;
  }
}
