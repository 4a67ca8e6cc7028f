/** What the run assumes about AWS and the service. The printed head names each value. */

const MiB = 1024 * 1024;

export const assumptions = {
  /** The service decides the size of chunks. Users report 10 MB, its documentation shows 5 MiB. */
  chunkBytes: 10 * MiB,
  /** One function sends as fast as this, all its chunks together, in bytes per second. */
  sendBytesPerSecond: 75_000_000,
  /** Starts of executions for new objects. Step Functions allows 150 a second in its smaller Regions. */
  arrivalsPerSecond: 100,
  /** The time of one call, in ms: each is drawn between two bounds. */
  invokeMs: [15, 60],
  tableMs: [3, 12],
  sourceMs: [20, 80],
  serviceMs: [60, 250],
  /** From the first byte that S3 is asked for until the upload host replies, without the bytes. */
  chunkMs: [60, 200],
  startMs: [30, 120],
  /** From an execution's end until its event calls the dispatcher. */
  ruleMs: [200, 1_500],
  /** From complete bytes until the asset is ready. */
  processingMs: [5_000, 30_000],
} as const;

/** Bounds of a time, in ms. */
export type Bounds = readonly [least: number, most: number];
