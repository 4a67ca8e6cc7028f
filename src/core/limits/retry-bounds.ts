/**
 * All bounds of retries, waits and final errors. `retry-rules.ts` and the steps read this table.
 * `docs/how-it-works.md` prints it, and a test compares the two.
 */

interface Bound {
  readonly value: number;
  readonly unit: 'tries' | 'seconds' | 'calls' | 'sessions' | 'rounds' | 'checks';
  /** What the value limits, for the documentation. */
  readonly bounds: string;
  /** Why the bound has this value. */
  readonly because: string;
}

const hour = 3_600;

export const recoveryBounds = {
  triesPerCall: {
    value: 5,
    unit: 'tries',
    bounds: 'Tries of one request within one call of a function',
    because:
      'A short fault ends within five tries. Waiting between calls is cheaper for a longer fault.',
  },
  longestBackoff: {
    value: 20,
    unit: 'seconds',
    bounds: 'The longest wait between two tries within one call, also after a Retry-After',
    because: 'A waiting function costs money. A Wait state does not.',
  },
  longestWait: {
    value: 300,
    unit: 'seconds',
    bounds: 'The longest wait between two calls of a step',
    because:
      'The lease of 1,200 s outlives it, and the history of an execution has room for six hours of such waits.',
  },
  patience: {
    value: 6 * hour,
    unit: 'seconds',
    bounds: 'How long a transient error may last without a success before it ends the execution',
    because: 'Outages of hours occur. After a longer outage, a new execution continues.',
  },
  patienceWithRetryAfter: {
    value: 48 * hour,
    unit: 'seconds',
    bounds: 'How long a transient error may last in total, waits of a Retry-After included',
    because: 'A daily quota is available again within a day.',
  },
  freshUrls: {
    value: 5,
    unit: 'tries',
    bounds:
      'Sends of one chunk, each on a fresh URL, that the upload host rejects before the rejection is final',
    because: 'The first fresh URL replaces an expired or used URL.',
  },
  rejectionPatience: {
    value: 120,
    unit: 'seconds',
    bounds:
      'How long the upload host may reject fresh URLs, S3 may reject a signature, or HEAD and GET may disagree, before the error is final',
    because: 'A rejection that outlasts two minutes and fresh URLs is a policy, not a fault.',
  },
  mismatchedSends: {
    value: 4,
    unit: 'tries',
    bounds: 'Sends of one chunk whose ETag is not the MD5 of its bytes before the error is final',
    because: 'Random corruption does not repeat four times.',
  },
  failedSends: {
    value: 6,
    unit: 'tries',
    bounds: 'Sends of one chunk that the service reports as failed or leaves pending',
    because: 'The waits between the sends grow, so six failed sends are not a coincidence.',
  },
  idleCallsPerRange: {
    value: 8,
    unit: 'calls',
    bounds: 'Consecutive calls of SendChunks that store no chunk before the range is released',
    because: 'Then a single range probes for the whole transfer.',
  },
  callsPerRange: {
    value: 150,
    unit: 'calls',
    bounds: 'Calls of SendChunks for one range in one round',
    because:
      '150 calls of ten minutes last longer than a session. After fewer stored chunks, the next round continues.',
  },
  probes: {
    value: 250,
    unit: 'rounds',
    bounds: 'Rounds of one execution in which a single range probes whether sending works again',
    because: 'Each round uses about 40 of the 25,000 history events.',
  },
  lostCreates: {
    value: 24,
    unit: 'sessions',
    bounds: 'Sessions of one execution whose create reply was lost',
    because:
      'Each may exist at the service until it expires there. The waits between them grow to 15 minutes.',
  },
  longestCreateWait: {
    value: 900,
    unit: 'seconds',
    bounds: 'The longest wait before a session is opened again after a lost create reply',
    because:
      'An outage of an hour creates only a few sessions, and the lease of 1,200 s outlives the wait.',
  },
  confirmation: {
    value: 6 * hour,
    unit: 'seconds',
    bounds: 'How long a session may take to complete after all chunks are reported',
    because: 'The service guarantees no time. Its documentation mentions seconds.',
  },
  readiness: {
    value: 24 * hour,
    unit: 'seconds',
    bounds: 'How long an asset may take to be ready after its bytes are complete',
    because: 'Processing takes minutes to hours.',
  },
  assetMissing: {
    value: 1_800,
    unit: 'seconds',
    bounds: 'How long the asset of a completed upload may be unknown to the service',
    because: 'Listings of other services are minutes late. 15 minutes were reported.',
  },
} as const satisfies Record<string, Bound>;

export type BoundName = keyof typeof recoveryBounds;

/** Returns the value of a bound, in its unit. */
export function boundOf(name: BoundName): number {
  return recoveryBounds[name].value;
}
