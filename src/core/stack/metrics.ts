/**
 * Every metric, in one list: its unit and, where it has one, the dimension it is split by. The
 * functions write them, the dashboard and the alarms read them, by these names.
 */
interface MetricEntry {
  /** As CloudWatch spells it. */
  readonly unit: 'Count' | 'Bytes' | 'Bytes/Second' | 'Milliseconds' | 'Seconds';
  readonly dimension?: string;
}

export const metricCatalogue = {
  BytesSent: { unit: 'Bytes' },
  ChunksSent: { unit: 'Count' },
  /** From the first byte asked of S3 to the proof that came back. */
  ChunkLatency: { unit: 'Milliseconds' },
  /** Of one call of the send step. */
  Throughput: { unit: 'Bytes/Second' },
  /** Tries beyond the first, by the name of the error that caused them. */
  Retries: { unit: 'Count', dimension: 'Cause' },
  /** Time that transfers wait before the next try, by the name of the error that is waited out. */
  WaitSeconds: { unit: 'Seconds', dimension: 'Cause' },
  /** Decreases of the rate of one kind of call: to the API, the upload host or S3. */
  RateLowered: { unit: 'Count', dimension: 'Kind' },
  /** Stops of one kind of call, each until the time that a Retry-After named. */
  CallsStopped: { unit: 'Count', dimension: 'Kind' },
  /** Chunks by the host that took them: its Region decides what the traffic costs. */
  ChunksToHost: { unit: 'Count', dimension: 'UploadHost' },
  TransfersStarted: { unit: 'Count' },
  TransfersReady: { unit: 'Count' },
  /** Every transfer or start that ended with an error, refused ones included; not those stopped on purpose. */
  TransfersFailed: { unit: 'Count' },
  /** The same, by the name of the error. */
  FailuresByError: { unit: 'Count', dimension: 'Error' },
  TransfersSuperseded: { unit: 'Count' },
  /** Transfers and starts whose execution was stopped on purpose. */
  TransfersCancelled: { unit: 'Count' },
  /** Events about objects that no source asks for, that are empty or gone. */
  EventsIgnored: { unit: 'Count' },
  /** The same, by why: `filters`, `folder`, `type`, `empty` or `gone`. */
  EventsIgnoredByReason: { unit: 'Count', dimension: 'Reason' },
  /** Events that claimed a bucket which is not their account's. */
  ClaimsRefused: { unit: 'Count' },
  /** From the start of the execution until the asset could be used. */
  TimeToReady: { unit: 'Seconds' },
  /** A session made an asset although it had been given up: there may be two. */
  LateDuplicates: { unit: 'Count' },
  /** Transfers whose execution ended past every Catch and that were settled from outside. */
  TransfersClosed: { unit: 'Count' },
  /** Transfers that hold a slot now. */
  ActiveTransfers: { unit: 'Count' },
  /** Transfers that were put into the queue. */
  TransfersQueued: { unit: 'Count' },
  /** Queued transfers that an execution of the dispatcher took. */
  TransfersDispatched: { unit: 'Count' },
  /** Transfers in the queue now, at most: one cancelled in its middle counts until it is near the head. */
  QueueLength: { unit: 'Count' },
  /** How long the oldest of the queue has waited. */
  OldestQueuedSeconds: { unit: 'Seconds' },
  /** How long the head of the queue has not moved although slots are free. */
  QueueStalledSeconds: { unit: 'Seconds' },
  /** 1 while an operator has paused transfers, else 0. */
  Paused: { unit: 'Count' },
  /** 1 while the transfer window is open or there is none, else 0. */
  WindowOpen: { unit: 'Count' },
  /** Open sessions that end within two hours. */
  SessionsNearExpiry: { unit: 'Count' },
  /** Unfinished sessions at the service that no transfer knows. */
  OrphanSessions: { unit: 'Count' },
  /** Outcomes whose event is not confirmed yet. */
  UnconfirmedEvents: { unit: 'Count' },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof metricCatalogue;

/** The namespace of all of them. */
export const metricNamespace = 'Chunkferry';

/** The dimension that every metric has: which Chunkferry, where an account holds several. */
export const deploymentDimension = 'service';

/** Takes measurements; never fails and never waits. */
export interface Meter {
  /**
   * @param by - the value of the metric's own dimension, where it has one
   */
  add(metric: MetricName, value: number, by?: string): void;
}
