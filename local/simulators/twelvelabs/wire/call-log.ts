/** The operation of a request; `other` is any unknown path or method. */
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

/** One request. Times are in milliseconds, by the simulator's clock. */
export interface CallRecord {
  readonly operation: Operation;
  readonly uploadId?: string | undefined;
  readonly assetId?: string | undefined;
  /** The chunk of a PUT. */
  readonly chunkIndex?: number | undefined;
  /** The chunks that the request names: in its URL, its report or its request for URLs. */
  readonly chunks: readonly number[];
  /** Whether the request has the API key. A request to the upload host must not have it. */
  readonly hasApiKey: boolean;
  readonly at: number;
  /** How often the presigned URL of a PUT was used, this time included. */
  urlUse?: number | undefined;
  /** Number of body bytes read. */
  bytes: number;
  /** Status of the reply; 0 until a reply is sent. */
  status: number;
  endedAt?: number | undefined;
  /** Kind of the fault that was applied. */
  fault?: string | undefined;
}

/** Selects requests of the log. Every field that is set must be equal. */
export interface CallFilter {
  readonly uploadId?: string;
  readonly assetId?: string;
  /** Matches any request that names the chunk. */
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

/** All requests in order of arrival, including requests without a reply. */
export class CallLog {
  readonly #records: CallRecord[] = [];
  /** The same by operation: a simulation asks at each request. */
  readonly #byOperation = new Map<Operation, CallRecord[]>();

  /** Adds a request. The caller sets the remaining fields later. @internal */
  begin(record: CallRecord): CallRecord {
    this.#records.push(record);
    const { operation } = record;
    const same = this.#byOperation.get(operation);
    if (same) same.push(record);
    else this.#byOperation.set(operation, [record]);
    return record;
  }

  all(): readonly CallRecord[] {
    return [...this.#records];
  }

  /** Returns the requests of one operation. */
  of(operation: Operation, filter: CallFilter = {}): readonly CallRecord[] {
    const records = this.#byOperation.get(operation) ?? [];
    return records.filter((record) => matches(record, filter));
  }

  count(operation: Operation, filter: CallFilter = {}): number {
    return this.of(operation, filter).length;
  }

  /** Returns the number of requests by operation. Operations without requests are absent. */
  counts(): Partial<Record<Operation, number>> {
    const counts: Partial<Record<Operation, number>> = {};
    for (const { operation } of this.#records) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  clear(): void {
    this.#records.length = 0;
    this.#byOperation.clear();
  }
}
