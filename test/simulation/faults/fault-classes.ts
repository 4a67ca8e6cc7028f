import type { Chance } from '../harness/chance.ts';

/** The fault classes with their probability at each opportunity, in a run that has the class. */
const faultClasses = {
  /** A function's process dies before or after a port call; the state machine sees the error. */
  'lambda killed before a call': 0.01,
  'lambda killed after a call': 0.01,
  /** The whole execution dies with its functions, without a status event. */
  'run killed before a call': 0.003,
  'run killed after a call': 0.003,
  /** An operator stops the execution; its running functions continue. */
  'execution aborted': 0.008,
  /** An operator redrives an aborted execution in any state of its transfer. */
  'execution redriven': 0.5,
  /** A port call never returns; the function reaches its time limit. */
  'lambda timed out': 0.003,
  /** The state machine treats the function as dead while the function continues to send. */
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
  'event rejected': 0.2,
  'event reply lost': 0.2,
  'event duplicated': 0.2,
  'source unavailable': 0.03,
  'read truncated': 0.04,
  'read stalled': 0.01,
  /** Wrong bytes of the right length. Only the object's own checksum detects them. */
  'wrong bytes read': 0.02,
  'source overwritten': 0.03,
  'source deleted': 0.01,
  'execution status unavailable': 0.1,
  'execution unknown': 0.2,
  'start duplicated': 0.5,
  'status event lost': 0.3,
  'status event duplicated': 0.3,
  'status event late': 0.3,
  'reconciler killed': 0.01,
} as const;

/**
 * Behaviour of services and networks from public reports. Their draws have a source of their own:
 * a seed without these faults runs as it did before they were added.
 */
const reportedClasses = {
  /** The connection is slow for the whole run; the chunks in flight share it. */
  'slow connection': 0.2,
  /** The reply to a PUT arrives up to 4.5 minutes after its last byte. */
  'late reply': 0.04,
  /** The connection fails before the first byte of the request is sent. */
  'connection refused': 0.02,
  /** A status has an undocumented value for up to 20 minutes. */
  'unknown status': 0.05,
  /** GET of a session returns 404 after its completion, forever or for a long time. */
  'session 404 after completion': 0.5,
  /** The API fails for every request of every caller. The name says which step meets the outage first. */
  'API outage while opening': 0.3,
  'API outage while sending': 0.3,
  'API outage while confirming': 0.1,
  'API outage while awaiting': 0.1,
  /** Fields without information about bytes are null or absent; unknown fields are added. */
  'null fields': 0.1,
  'omitted fields': 0.1,
} as const;

/** Behaviour of S3 from public reports, with its own source of draws for the same reason. */
const s3Classes = {
  /** An error with a final status and a transient code, such as 400 ThrottlingException. */
  'S3 transient code': 0.04,
  /** S3 rejects a request for its timestamp; the SDK corrects its clock from the reply. */
  'S3 clock skew': 0.03,
  /** The object predates versioning: its version is `null`, and a newer version follows. */
  'null version': 0.5,
  /** S3 answers every request with SlowDown for 90 seconds to two hours. */
  'S3 outage': 0.05,
} as const;

/** Behaviour of the table from public reports, with its own source of draws. */
const tableClasses = {
  /** A sandbox resumes with dead sockets to the table: its next calls fail. */
  'dead table sockets': 0.01,
} as const;

/** Faults of the queue and commands of operators, with their own source of draws. */
const queueClasses = {
  /** StartExecution starts the execution, and its reply is lost. */
  'start reply lost': 0.1,
  /** StartExecution is throttled for longer than the SDK retries. */
  'start throttled': 0.15,
  /** The dispatcher's process dies before or after a port call. */
  'dispatcher killed': 0.02,
  /** More objects than slots arrive; half of their starts are a backfill. */
  'burst of objects': 0.8,
  /** An operator pauses the stack and resumes it later; running transfers finish. */
  'stack paused': 0.8,
  /** The same, but running transfers stop. */
  'stack paused with stop': 0.8,
  /** Transfers start only within some hours of the day. */
  'transfer window': 0.4,
  /** An operator cancels a transfer. */
  'transfer cancelled': 0.6,
  /** A second deploy changes the number of slots. */
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

/** Transient faults: on their own, they must not fail a transfer. */
export const transientFaults: ReadonlySet<FaultClass> = new Set<FaultClass>([
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
  'execution status unavailable',
  'start duplicated',
  'status event lost',
  'status event duplicated',
  'status event late',
  'event rejected',
  'event reply lost',
  'event duplicated',
  'stale read',
]);

/** Upper bounds of faults per run. Faults that end a session, asset or chunk would repeat without end. */
const maxPerRun: Partial<Record<FaultClass, number>> = {
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
  'API outage while opening': 1,
  'API outage while sending': 1,
  'API outage while confirming': 1,
  'API outage while awaiting': 1,
  'S3 outage': 1,
  'dead table sockets': 6,
  'burst of objects': 1,
  'stack paused': 1,
  'stack paused with stop': 1,
  'transfer window': 1,
  'transfer cancelled': 3,
  'second deploy': 1,
};

/** The fault classes of a run: exactly `only`, or a random choice except `without`. */
export interface FaultSelection {
  readonly only?: readonly FaultClass[] | undefined;
  readonly without?: readonly FaultClass[] | undefined;
}

/** The faults of one run: its classes, and the count of injected faults. */
export interface Faults {
  /** Returns whether a fault of this class occurs now, and counts it. */
  strikes(name: FaultClass): boolean;
  /** Stops all faults from now on. */
  disable(): void;
  readonly isDisabled: boolean;
  readonly injected: ReadonlyMap<FaultClass, number>;
  /** Called with each fault that occurs. */
  onStrike: (name: FaultClass) => void;
  /** Returns the same faults with all draws from another source. */
  drawnFrom(chance: Chance): Faults;
}

/** The sources of draws of a run: one for each group of classes. */
export interface Draws {
  readonly chance: Chance;
  /** For the reported classes. */
  readonly reported: Chance;
  /** For the classes of S3. */
  readonly s3: Chance;
  /** For the class of the table. */
  readonly table: Chance;
  /** For the classes of the queue. */
  readonly queue: Chance;
}

/** Draws the faults of a run. Some runs have few classes: rare faults also occur alone. */
export function drawFaults(
  { chance, reported, s3, table, queue }: Draws,
  { only, without = [] }: FaultSelection = {},
): Faults {
  const share = chance.pick([0, 0.1, 0.2, 0.2, 0.35, 0.6]);
  const severity = chance.pick([0.5, 1, 1, 2]);
  const reportedShare = reported.pick([0, 0, 0.15, 0.3, 0.5]);
  const s3Share = s3.pick([0, 0, 0.3, 0.5]);
  const tableShare = table.pick([0, 0, 0.5]);
  const queueShare = queue.pick([0, 0, 0.3, 0.6]);
  const groupOf = (name: FaultClass) => {
    if (name in queueClasses) return { draws: queue, share: queueShare };
    if (name in tableClasses) return { draws: table, share: tableShare };
    if (name in s3Classes) return { draws: s3, share: s3Share };
    if (name in reportedClasses) return { draws: reported, share: reportedShare };
    return { draws: chance, share };
  };
  const groups = new Map(faultNames.map((name) => [name, groupOf(name)]));
  const drawn = faultNames.filter((name) => {
    const { draws, share: groupShare } = groups.get(name) as ReturnType<typeof groupOf>;
    return draws.hits(groupShare);
  });
  const present = new Set((only ?? drawn).filter((name) => !without.includes(name)));
  const injected = new Map<FaultClass, number>();
  let isDisabled = false;
  const strike = (name: FaultClass, draws: Chance): boolean => {
    if (isDisabled || !present.has(name)) return false;
    const injectedBefore = injected.get(name) ?? 0;
    if (injectedBefore >= (maxPerRun[name] ?? 40)) return false;
    if (!draws.hits(probabilities[name] * severity)) return false;
    injected.set(name, injectedBefore + 1);
    faults.onStrike(name);
    return true;
  };
  const faults: Faults = {
    strikes: (name) => strike(name, groups.get(name)?.draws ?? chance),
    drawnFrom: (other) =>
      Object.assign(Object.create(faults) as Faults, {
        strikes: (name: FaultClass) => strike(name, other),
      }),
    disable: () => {
      isDisabled = true;
    },
    get isDisabled() {
      return isDisabled;
    },
    injected,
    onStrike: () => {},
  };
  return faults;
}
