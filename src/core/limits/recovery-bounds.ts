/**
 * Every bound by which an error is repeated, waited out or made final, in one table. The decisions in
 * `recovery.ts` and the steps read it; `docs/recovery.md` prints it and a test compares the two.
 */

interface Bound {
  readonly value: number;
  readonly unit: 'tries' | 'seconds' | 'calls' | 'sessions' | 'rounds' | 'checks';
  /** What it bounds, as one sentence of the docs. */
  readonly bounds: string;
  /** Why it has this value. */
  readonly because: string;
}

const hour = 3_600;

export const recoveryBounds = {
  triesPerCall: {
    value: 5,
    unit: 'tries',
    bounds: 'Tries of one request within one call of a function',
    because:
      'A short fault ends within five tries; a longer one is cheaper to wait out between calls.',
  },
  longestBackoff: {
    value: 20,
    unit: 'seconds',
    bounds:
      'The longest wait between two tries within one call, also when the service names a time',
    because: 'A function that waits costs money, a Wait state does not.',
  },
  longestWait: {
    value: 300,
    unit: 'seconds',
    bounds: 'The longest wait between two calls of a step',
    because: 'The lease of 1,200 s outlives it, and six hours of such waits fit into the history.',
  },
  patience: {
    value: 6 * hour,
    unit: 'seconds',
    bounds: 'How long a transient error may last without any success before it ends the execution',
    because: 'Outages of hours are reported; a new execution continues after a longer one.',
  },
  namedPatience: {
    value: 48 * hour,
    unit: 'seconds',
    bounds:
      'The same with the waits for which the other side named the time; those do not count above',
    because: 'A daily quota is back within a day.',
  },
  freshUrls: {
    value: 5,
    unit: 'tries',
    bounds:
      'Sends of one chunk, each on a fresh URL, that the upload host refuses before that is final',
    because: 'The first fresh URL replaces one that expired or was used.',
  },
  refusalPatience: {
    value: 120,
    unit: 'seconds',
    bounds:
      'How long the upload host may refuse fresh URLs, S3 a signature, or its HEAD and GET disagree, before that is final',
    because: 'What two minutes and fresh URLs have not changed is a policy, not a fault.',
  },
  mismatchedSends: {
    value: 4,
    unit: 'tries',
    bounds: 'Sends of one chunk whose ETag is not the MD5 of its bytes before that is final',
    because: 'A byte that changed on the way does not change four times.',
  },
  failedSends: {
    value: 6,
    unit: 'tries',
    bounds: 'Sends of one chunk that the service then calls failed, or leaves pending',
    because: 'The waits between them grow; what six sends have not changed is no accident.',
  },
  idleCallsPerRange: {
    value: 8,
    unit: 'calls',
    bounds: 'Calls of SendChunks in a row that store nothing before the range is given back',
    because: 'After that, one range probes for the whole transfer.',
  },
  callsPerRange: {
    value: 150,
    unit: 'calls',
    bounds: 'Calls of SendChunks for one range in one round',
    because: 'A range has at most 50 chunks; a slow line stores one of them a call.',
  },
  probes: {
    value: 250,
    unit: 'rounds',
    bounds: 'Rounds of one execution in which a single range probes whether sending works again',
    because: 'Each costs about 40 of the 25,000 history events.',
  },
  lostCreates: {
    value: 24,
    unit: 'sessions',
    bounds: 'Sessions of one execution whose opening was not answered',
    because:
      'Each may exist at the service for 24 hours; the waits between them grow to 15 minutes.',
  },
  longestCreateWait: {
    value: 900,
    unit: 'seconds',
    bounds: 'The longest wait before a session is opened again whose opening was not answered',
    because:
      'An outage of an hour leaves a handful of sessions, and the lease of 1,200 s outlives it.',
  },
  confirmation: {
    value: 6 * hour,
    unit: 'seconds',
    bounds: 'How long a session may take to be completed once all chunks are reported',
    because: 'The service names no time; the documents say seconds.',
  },
  readiness: {
    value: 24 * hour,
    unit: 'seconds',
    bounds: 'How long an asset may take to be ready once its bytes are complete',
    because: 'Processing takes minutes to hours.',
  },
  assetMissing: {
    value: 1_800,
    unit: 'seconds',
    bounds: 'How long the service may not know the asset of a completed upload',
    because: 'Listings of other services lag behind by minutes; 15 minutes were reported.',
  },
} as const satisfies Record<string, Bound>;

export type BoundName = keyof typeof recoveryBounds;

/** The value of a bound, in its unit. */
export function boundOf(name: BoundName): number {
  return recoveryBounds[name].value;
}
