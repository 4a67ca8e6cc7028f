/** The key, index and attribute names of the table. Deployed, local and test tables use this definition. */
export const tableKeys = {
  /** Partition key, a string: the transfer, or the object of an ingest counter. */
  partitionKey: 'transferId',
  /** Sort key, a string: `transfer`, `session#0001`, `chunk#0001#00000001`, `range#0001#0001`, `ingests`. */
  sortKey: 'row',
  /** The time to live: a number, in seconds since 1970. Absent from rows that never expire. */
  ttlAttribute: 'expiresAtSeconds',
  /** Lists transfers by state and UTC day. Contains transfer rows only. */
  stateIndex: {
    name: 'byState',
    /** A string: state and UTC day, `failed#2026-11-21`. Rejected starts are under `failed`. */
    partitionKey: 'stateDay',
    /** A number: milliseconds since 1970. */
    sortKey: 'changedAt',
  },
  /** Lists outcomes whose event is not published. A row without the attributes is not in it. */
  outboxIndex: {
    name: 'unpublished',
    /** A string, always `yes`; removed when the event is published. */
    partitionKey: 'unpublished',
    /** A number: milliseconds since 1970. */
    sortKey: 'changedAt',
  },
} as const;
