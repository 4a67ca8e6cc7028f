/** A metric's unit, and its own dimension if it has one. */
interface MetricEntry {
  /** The unit in CloudWatch's spelling. */
  readonly unit: 'Count' | 'Bytes' | 'Bytes/Second' | 'Milliseconds' | 'Seconds';
  readonly dimension?: string;
}

/** All metrics. The functions write them; the dashboard and the alarms read them. */
export const metricCatalogue = {
  BytesSent: { unit: 'Bytes' },
  ChunksSent: { unit: 'Count' },
  /** From the request of the first byte to the proof. */
  ChunkLatency: { unit: 'Milliseconds' },
  /** Throughput of one call of SendChunks. */
  Throughput: { unit: 'Bytes/Second' },
  /** Retries by the name of their error. */
  Retries: { unit: 'Count', dimension: 'Cause' },
  /** Waits of transfers before the next try, by the name of their error. */
  WaitSeconds: { unit: 'Seconds', dimension: 'Cause' },
  /** Decreases of a call rate, by kind: API, upload host or S3. */
  RateLowered: { unit: 'Count', dimension: 'Kind' },
  /** Stops of a kind of call by a Retry-After. */
  CallsStopped: { unit: 'Count', dimension: 'Kind' },
  /** Chunks by upload host. The host's Region determines the cost of the traffic. */
  ChunksToHost: { unit: 'Count', dimension: 'UploadHost' },
  TransfersStarted: { unit: 'Count' },
  TransfersReady: { unit: 'Count' },
  /** Transfers and starts that ended with an error, including rejected starts. Excludes cancelled ones. */
  TransfersFailed: { unit: 'Count' },
  /** `TransfersFailed` by the name of the error. */
  FailuresByError: { unit: 'Count', dimension: 'Error' },
  TransfersSuperseded: { unit: 'Count' },
  /** Transfers and starts that were cancelled, or whose execution was stopped. */
  TransfersCancelled: { unit: 'Count' },
  /** Events about objects that no source matches, that are empty, or that are deleted. */
  EventsIgnored: { unit: 'Count' },
  /** `EventsIgnored` by reason: `filters`, `folder`, `type`, `empty` or `gone`. */
  EventsIgnoredByReason: { unit: 'Count', dimension: 'Reason' },
  /** Events that named a bucket of another account. */
  ClaimsRejected: { unit: 'Count' },
  /** From the start of the execution until the asset is ready. */
  TimeToReady: { unit: 'Seconds' },
  /** Assets that a replaced session created: an object may have two assets. */
  LateDuplicates: { unit: 'Count' },
  /** Transfers and starts that the reconciler closed, because their execution recorded no outcome. */
  TransfersClosed: { unit: 'Count' },
  /** Slots with a live lease. */
  ActiveTransfers: { unit: 'Count' },
  /** Transfers that joined the queue. */
  TransfersQueued: { unit: 'Count' },
  /** Queued transfers that an execution started by the dispatcher took. */
  TransfersDispatched: { unit: 'Count' },
  /** An upper bound of the queue's length. A cancelled transfer counts until it is near the head. */
  QueueLength: { unit: 'Count' },
  /** The age of the oldest ticket. */
  OldestQueuedSeconds: { unit: 'Seconds' },
  /** How long the head of the queue has not moved while slots were free. */
  QueueStalledSeconds: { unit: 'Seconds' },
  /** 1 while transfers are paused, else 0. */
  Paused: { unit: 'Count' },
  /** 1 while the transfer window is open or none is configured, else 0. */
  WindowOpen: { unit: 'Count' },
  /** Open sessions that expire within two hours. */
  SessionsNearExpiry: { unit: 'Count' },
  /** Unfinished sessions at the service without a transfer. */
  OrphanSessions: { unit: 'Count' },
  /** Outcomes whose event is not published yet. */
  UnconfirmedEvents: { unit: 'Count' },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof metricCatalogue;

/** The namespace of all metrics. */
export const metricNamespace = 'Chunkferry';

/** The dimension of every metric: it separates several deployments in one account. */
export const deploymentDimension = 'service';

/** Records measurements. Never throws and never waits. */
export interface Meter {
  /** @param by - the value of the metric's own dimension */
  add(metric: MetricName, value: number, by?: string): void;
}
