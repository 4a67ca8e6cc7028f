/**
 * The names of the one table, for everything that makes it, deploys it or reads it. The deployed
 * table, the local one and the tests' must not drift apart, so none of them spells these itself.
 */
export const tableSchema = {
  /** Partition key, a string: the transfer, or the object whose ingests are counted. */
  partitionKey: 'transferId',
  /** Sort key, a string: `transfer`, `session#0001`, `chunk#0001#00000001`, `range#0001#0001`, `ingests`. */
  sortKey: 'row',
  /** Seconds since 1970 after which DynamoDB may delete a row; on chunk and range rows only. */
  ttlAttribute: 'expiresAt',
  /** Lists transfers by state and UTC day; only transfer rows are in it. */
  stateIndex: {
    name: 'byState',
    /** A string: state and UTC day, `failed#2026-11-21`; refused starts are under `failed`. */
    partitionKey: 'stateDay',
    /** A number: milliseconds since 1970. */
    sortKey: 'changedAt',
  },
  /** Lists outcomes whose event is not confirmed; a row leaves it with its last attribute. */
  outboxIndex: {
    name: 'unpublished',
    /** A string, always `yes`; absent once the event is confirmed. */
    partitionKey: 'unpublished',
    /** A number: milliseconds since 1970. */
    sortKey: 'changedAt',
  },
} as const;
