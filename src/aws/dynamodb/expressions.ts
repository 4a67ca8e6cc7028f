import type { NativeAttributeValue } from '@aws-sdk/lib-dynamodb';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';

/** A row's attributes by name. */
export type Row = Record<string, NativeAttributeValue>;

/** A condition of a write. `#name` is the attribute of that name, `:name` a value. */
export interface Condition {
  readonly expression: string;
  readonly values?: Readonly<Record<string, NativeAttributeValue>>;
}

/** One conditional change of one row, which creates the row if it does not exist. */
export interface RowChange {
  /** An attribute with the value undefined is removed. */
  readonly set?: Row;
  /** Adds numbers to numbers, or members to sets; an absent attribute counts as 0 or empty. */
  readonly add?: Row;
  /** Removes members from sets. */
  readonly remove?: Row;
  readonly condition?: Condition;
  readonly returning?: 'ALL_OLD' | 'UPDATED_NEW';
}

/** One of the table's indexes. */
export type TableIndex = (typeof tableKeys)['stateIndex' | 'outboxIndex'];

/** Rows per page of an index query. */
const indexPageRows = 100;

/** Returns the query for the rows of a partition between two sort keys, both included. */
export function betweenInput(transferId: string, first: string, last: string) {
  return {
    ConsistentRead: true,
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :first AND :last',
    ExpressionAttributeNames: {
      '#partition': tableKeys.partitionKey,
      '#sort': tableKeys.sortKey,
    },
    ExpressionAttributeValues: { ':partition': transferId, ':first': first, ':last': last },
  };
}

/** Returns the query for one partition of an index. */
export function indexInput(index: TableIndex, partition: string, until?: number) {
  const isBounded = until !== undefined;
  return {
    IndexName: index.name,
    Limit: indexPageRows,
    KeyConditionExpression: `#partition = :partition${isBounded ? ' AND #sort <= :until' : ''}`,
    ExpressionAttributeNames: {
      '#partition': index.partitionKey,
      ...(isBounded && { '#sort': index.sortKey }),
    },
    ExpressionAttributeValues: {
      ':partition': partition,
      ...(isBounded && { ':until': until }),
    },
  };
}

interface ConditionInput {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Row;
}

/** Uses a placeholder for every name: `state`, `owner`, `index` and many more are reserved words. */
export function conditionInput(condition: Condition | undefined): ConditionInput {
  if (!condition) return {};
  const names = condition.expression.match(/#\w+/g) ?? [];
  return {
    ConditionExpression: condition.expression,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
    ...(condition.values && { ExpressionAttributeValues: condition.values }),
  };
}

/** Returns the input of an UpdateItem call. */
export function changeInput({ set = {}, add = {}, remove = {}, condition, returning }: RowChange) {
  const { ConditionExpression, ...conditioned } = conditionInput(condition);
  const assigned = Object.entries(set).filter(([, value]) => value !== undefined);
  const removed = Object.entries(set).filter(([, value]) => value === undefined);
  const clauses = [
    clauseOf('SET', assigned, (name, value) => `${name} = ${value}`),
    clauseOf('REMOVE', removed, (name) => name),
    clauseOf('ADD', Object.entries(add), (name, value) => `${name} ${value}`),
    clauseOf('DELETE', Object.entries(remove), (name, value) => `${name} ${value}`),
  ].filter(({ text }) => text !== '');
  const names = clauses.map((clause) => clause.names);
  const values = Object.assign(
    { ...conditioned.ExpressionAttributeValues },
    ...clauses.map((clause) => clause.values),
  );
  return {
    UpdateExpression: clauses.map(({ text }) => text).join(' '),
    ...(ConditionExpression && { ConditionExpression }),
    ExpressionAttributeNames: Object.assign({ ...conditioned.ExpressionAttributeNames }, ...names),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ...(returning && { ReturnValues: returning }),
  };
}

/** One clause of an update expression, with its placeholders. */
interface Clause {
  readonly text: string;
  readonly names: Record<string, string>;
  readonly values: Row;
}

function clauseOf(
  verb: 'SET' | 'REMOVE' | 'ADD' | 'DELETE',
  attributes: readonly (readonly [string, NativeAttributeValue])[],
  write: (name: string, value: string) => string,
): Clause {
  const items = attributes.map((_, i) => write(`#${verb}${i}`, `:${verb}${i}`));
  const values = attributes.flatMap(([, value], i) =>
    value === undefined ? [] : [[`:${verb}${i}`, value] as const],
  );
  return {
    text: items.length > 0 ? `${verb} ${items.join(', ')}` : '',
    names: Object.fromEntries(attributes.map(([attribute], i) => [`#${verb}${i}`, attribute])),
    values: Object.fromEntries(values),
  };
}
