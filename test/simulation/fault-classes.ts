import type { Chance } from './chance.ts';

/**
 * Every class of fault, with the probability of one at each place where it could strike, in a run
 * that has the class at all.
 */
const faultClasses = {
  /** The process of a function dies before, or after, a call of a port; the state machine sees it. */
  'lambda killed before a call': 0.01,
  'lambda killed after a call': 0.01,
  /** The whole execution dies with its functions, and nothing tells of it. */
  'run killed before a call': 0.003,
  'run killed after a call': 0.003,
  /** Somebody stops the execution; the functions that it called go on. */
  'execution aborted': 0.008,
  /** Somebody redrives an execution that was killed or stopped, whatever has become of its transfer. */
  'execution redriven': 0.5,
  /** A call of a port never comes back, so that the function reaches its time limit. */
  'lambda timed out': 0.003,
  /** The state machine takes the function for dead while it goes on sending. */
  'zombie sender': 0.01,
  'request lost': 0.03,
  'reply lost': 0.03,
  'request delayed': 0.08,
  'body cut': 0.03,
  'throttled (429)': 0.02,
  'server error (JSON)': 0.03,
  'server error (HTML)': 0.03,
  'server error after effect': 0.02,
  'presigned URL expired': 0.03,
  'wrong ETag': 0.04,
  'byte changed on the way': 0.04,
  'opaque ETags': 1,
  'report half-counted': 0.15,
  'chunk failed at the service': 0.05,
  'session vanished': 0.015,
  'session failed': 0.004,
  'session expired': 0.006,
  'asset failed': 0.15,
  'table throttled': 0.01,
  'table reply lost': 0.01,
  'table write repeated': 0.02,
  'stale read': 0.5,
  'clock skew': 0.5,
  'event refused': 0.2,
  'event reply lost': 0.2,
  'event duplicated': 0.2,
  'source unavailable': 0.03,
  'read truncated': 0.04,
  'read stalled': 0.01,
  /** Bytes that are not the object's, and as many: seen by an object's own checksum only. */
  'wrong bytes read': 0.02,
  'source overwritten': 0.03,
  'source deleted': 0.01,
  'execution not told': 0.1,
  'execution unknown': 0.2,
  'start duplicated': 0.5,
  'status event lost': 0.3,
  'status event duplicated': 0.3,
  'status event late': 0.3,
  'reconciler killed': 0.01,
} as const;

/**
 * How services and networks behave in public reports. They are drawn apart from the classes above, so
 * that a seed in which none of them strikes does what it did before they were added.
 */
const reportedClasses = {
  /** The line is slow for the whole run, and the chunks in flight share it. */
  'slow line': 0.2,
  /** The reply to a PUT comes up to 4.5 minutes after its last byte. */
  'late reply': 0.04,
  /** The connection fails before a byte of the request has left. */
  'connection refused': 0.02,
  /** A status becomes a word that no document names, for up to 20 minutes. */
  'unknown status': 0.05,
  /** GET of a session answers 404 once a report has completed it: for ever, or for a long time. */
  'session 404 after completion': 0.5,
  /** The API fails for every request, whoever sends it; the name says which step meets it first. */
  'storm in opening': 0.3,
  'storm in sending': 0.3,
  'storm in confirming': 0.1,
  'storm in awaiting': 0.1,
  /** Fields that say nothing about bytes are null, or missing, and others are added. */
  'null fields': 0.1,
  'omitted fields': 0.1,
} as const;

/** How S3 behaves in public reports; drawn apart from all others, for the same reason. */
const s3Classes = {
  /** A refusal whose status says "never" and whose code says "later": 400 ThrottlingException. */
  'S3 transient code': 0.04,
  /** S3 refuses a request for its time; the SDK corrects its clock by the reply. */
  'S3 clock skew': 0.03,
  /** The object is from before versioning: its version is `null`, and a newer one comes over it. */
  'null version': 0.5,
  /** S3 answers SlowDown to everything, for 90 seconds up to two hours. */
  'storm at S3': 0.05,
} as const;

/** How the table fares in public reports; drawn apart, too. */
const tableClasses = {
  /** A sandbox thaws: every kept socket to the table is dead, so that its next calls all fail. */
  'dead table sockets': 0.01,
} as const;

/** What happens to the queue, and what operators do to it; drawn apart, too. */
const queueClasses = {
  /** StartExecution starts the execution, and its reply is lost. */
  'start reply lost': 0.1,
  /** StartExecution is throttled for longer than the SDK retries. */
  'start throttled': 0.15,
  /** The dispatcher's process dies before or after a call of a port. */
  'dispatcher killed': 0.02,
  /** More objects arrive than there are slots; half of their starts are a backfill. */
  'burst of objects': 0.8,
  /** An operator pauses the stack and resumes it later; transfers under way finish. */
  'stack paused': 0.8,
  /** The same, and transfers under way stop. */
  'stack paused with stop': 0.8,
  /** Transfers start within some hours of the day only. */
  'transfer window': 0.4,
  /** An operator cancels a transfer. */
  'transfer cancelled': 0.6,
  /** A second deploy changes how many slots there are. */
  'second deploy': 0.8,
} as const;

export type FaultClass =
  | keyof typeof faultClasses
  | keyof typeof reportedClasses
  | keyof typeof s3Classes
  | keyof typeof tableClasses
  | keyof typeof queueClasses;

const probabilities: Readonly<Record<FaultClass, number>> = {
  ...faultClasses,
  ...reportedClasses,
  ...s3Classes,
  ...tableClasses,
  ...queueClasses,
};

export const faultNames = Object.keys(probabilities) as readonly FaultClass[];

/** The faults that pass by themselves: alone, they must not make a transfer fail. */
export const passingFaults: ReadonlySet<FaultClass> = new Set<FaultClass>([
  ...(Object.keys(reportedClasses) as FaultClass[]),
  ...(Object.keys(s3Classes) as FaultClass[]),
  ...(Object.keys(tableClasses) as FaultClass[]),
  ...(Object.keys(queueClasses) as FaultClass[]),
  'request lost',
  'reply lost',
  'request delayed',
  'throttled (429)',
  'server error (JSON)',
  'server error (HTML)',
  'server error after effect',
  'execution not told',
  'start duplicated',
  'status event lost',
  'status event duplicated',
  'status event late',
  'event refused',
  'event reply lost',
  'event duplicated',
  'stale read',
]);

/** Classes that end a session, an asset or a chunk for good: a run has few of each, or it never ends. */
const bounds: Partial<Record<FaultClass, number>> = {
  'wrong ETag': 3,
  'byte changed on the way': 2,
  'session vanished': 3,
  'session failed': 2,
  'session expired': 2,
  'wrong bytes read': 2,
  'source overwritten': 2,
  'source deleted': 1,
  'late reply': 12,
  'unknown status': 4,
  'session 404 after completion': 2,
  'storm in opening': 1,
  'storm in sending': 1,
  'storm in confirming': 1,
  'storm in awaiting': 1,
  'storm at S3': 1,
  'dead table sockets': 6,
  'burst of objects': 1,
  'stack paused': 1,
  'stack paused with stop': 1,
  'transfer window': 1,
  'transfer cancelled': 3,
  'second deploy': 1,
};

/** Which classes a run may have: `only` these, each in every run, or all but those that are left out. */
export interface FaultSelection {
  readonly only?: readonly FaultClass[] | undefined;
  readonly without?: readonly FaultClass[] | undefined;
}

/** The faults of one run: which classes it has, and what has struck. */
export interface Mishaps {
  /** Whether this class strikes here and now; counted where it does. */
  strikes(name: FaultClass): boolean;
  /** No fault strikes from now on. */
  calm(): void;
  readonly isCalm: boolean;
  readonly injected: ReadonlyMap<FaultClass, number>;
  /** What is to be told of each fault that struck. */
  onStrike: (name: FaultClass) => void;
  /** Returns the same faults with every draw from another source: other draws stay as they are. */
  drawnFrom(chance: Chance): Mishaps;
}

/** Where the draws of a run come from: each group of classes has a source of its own. */
export interface Draws {
  readonly chance: Chance;
  /** For the reported classes. */
  readonly weather: Chance;
  /** For those of S3. */
  readonly s3: Chance;
  /** For that of the table. */
  readonly table: Chance;
  /** For those of the queue. */
  readonly queue: Chance;
}

/** A run has a few classes or many, so that rare ones are also seen alone. */
export function drawMishaps(
  { chance, weather, s3, table, queue }: Draws,
  { only, without = [] }: FaultSelection = {},
): Mishaps {
  const share = chance.pick([0, 0.1, 0.2, 0.2, 0.35, 0.6]);
  const severity = chance.pick([0.5, 1, 1, 2]);
  const reportedShare = weather.pick([0, 0, 0.15, 0.3, 0.5]);
  const s3Share = s3.pick([0, 0, 0.3, 0.5]);
  const tableShare = table.pick([0, 0, 0.5]);
  const queueShare = queue.pick([0, 0, 0.3, 0.6]);
  const groupOf = (name: FaultClass) => {
    if (name in queueClasses) return { draws: queue, share: queueShare };
    if (name in tableClasses) return { draws: table, share: tableShare };
    if (name in s3Classes) return { draws: s3, share: s3Share };
    if (name in reportedClasses) return { draws: weather, share: reportedShare };
    return { draws: chance, share };
  };
  const drawn = faultNames.filter((name) => {
    const { draws, share: most } = groupOf(name);
    return draws.hits(most);
  });
  const present = new Set((only ?? drawn).filter((name) => !without.includes(name)));
  const injected = new Map<FaultClass, number>();
  let isCalm = false;
  const strike = (name: FaultClass, draws: Chance): boolean => {
    const struck = injected.get(name) ?? 0;
    if (isCalm || !present.has(name) || struck >= (bounds[name] ?? 40)) return false;
    if (!draws.hits(probabilities[name] * severity)) return false;
    injected.set(name, struck + 1);
    mishaps.onStrike(name);
    return true;
  };
  const mishaps: Mishaps = {
    strikes: (name) => strike(name, groupOf(name).draws),
    drawnFrom: (other) =>
      Object.assign(Object.create(mishaps) as Mishaps, {
        strikes: (name: FaultClass) => strike(name, other),
      }),
    calm: () => {
      isCalm = true;
    },
    get isCalm() {
      return isCalm;
    },
    injected,
    onStrike: () => {},
  };
  return mishaps;
}
