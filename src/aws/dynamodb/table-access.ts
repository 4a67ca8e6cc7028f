import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  type NativeAttributeValue,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { TransferError } from '#src/core/errors/errors.ts';
import { tableSchema } from '#src/core/stack/table-schema.ts';
import type { RowKey } from './row-keys.ts';
import { isConditionFailure, tableFailure } from './table-failure.ts';

/** A row's attributes by name. */
export type Row = Record<string, NativeAttributeValue>;

/** `#name` stands for the attribute of that name, `:name` for a value. */
export interface Condition {
  readonly expression: string;
  readonly values?: Readonly<Record<string, NativeAttributeValue>>;
}

/** One conditional change of one row; a row that is not there is made by it. */
export interface RowChange {
  /** An attribute with the value undefined is removed. */
  readonly set?: Row;
  /** Adds numbers to numbers, or members to sets; missing ones count as 0 or empty. */
  readonly add?: Row;
  /** Removes members from sets. */
  readonly remove?: Row;
  readonly condition?: Condition;
  readonly returning?: 'ALL_OLD' | 'UPDATED_NEW';
}

/** The few calls the rows are made of: every read strongly consistent, every write of one item. */
export interface TableAccess {
  read(key: RowKey): Promise<Row | undefined>;
  /** Writes a whole row; false when the condition refused it. */
  write(row: RowKey & Row, condition?: Condition): Promise<boolean>;
  /** Changes a row and gives the attributes asked for; false when the condition refused it. */
  change(key: RowKey, change: RowChange): Promise<Row | false>;
  /** Rows of one partition whose sort key lies between two others, ascending. */
  between(transferId: string, first: string, last: string): Promise<Row[]>;
  /** Rows of a partition of an index, by its sort key; eventually consistent, as every index is. */
  inIndex(
    index: TableIndex,
    partition: string,
    order: 'ascending' | 'descending',
  ): AsyncGenerator<Row>;
  /** The first rows of one partition whose sort key lies between two others. */
  firstBetween(transferId: string, first: string, last: string, limit: number): Promise<Row[]>;
  /** Deletes a row and gives what it held; false when the condition refused it. */
  remove(key: RowKey, condition?: Condition): Promise<Row | false>;
}

/** One of the table's indexes. */
export type TableIndex = (typeof tableSchema)['stateIndex' | 'outboxIndex'];

/** More rows than any answer here may have: an object has at most a few thousand chunks. */
const maxRowsPerQuery = 10_000;

/** Pages of an index query: some 100,000 transfers of one state on one day. */
const maxIndexPages = 1_000;
const indexPageRows = 100;

export function openTable(client: DynamoDBClient, tableName: string): TableAccess {
  const document = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
  const TableName = tableName;

  return {
    read: async (Key) => {
      const command = new GetCommand({ TableName, Key, ConsistentRead: true });
      return (await calling(() => document.send(command))).Item;
    },
    write: async (Item, condition) => {
      const command = new PutCommand({ TableName, Item, ...conditionInput(condition) });
      return (await unlessRefused(() => document.send(command))) !== false;
    },
    change: async (Key, change) => {
      const command = new UpdateCommand({ TableName, Key, ...changeInput(change) });
      const reply = await unlessRefused(() => document.send(command));
      return reply && (reply.Attributes ?? {});
    },
    between: (transferId, first, last) => allRows(betweenInput(transferId, first, last)),
    inIndex: (index, partition, order) => indexRows(index, partition, order === 'ascending'),
    firstBetween: async (transferId, first, last, Limit) => {
      const command = new QueryCommand({
        TableName,
        ...betweenInput(transferId, first, last),
        Limit,
      });
      return (await calling(() => document.send(command))).Items ?? [];
    },
    remove: async (Key, condition) => {
      const command = new DeleteCommand({
        TableName,
        Key,
        ...conditionInput(condition),
        ReturnValues: 'ALL_OLD',
      });
      const reply = await unlessRefused(() => document.send(command));
      return reply && (reply.Attributes ?? {});
    },
  };

  async function* pages(input: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Row[]> {
    let from: Row | undefined;
    do {
      const command = new QueryCommand({ TableName, ...input, ExclusiveStartKey: from });
      const page = await calling(() => document.send(command));
      yield page.Items ?? [];
      from = page.LastEvaluatedKey;
    } while (from);
  }

  async function allRows(input: Omit<QueryCommandInput, 'TableName'>): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const page of pages(input)) {
      rows.push(...page);
      if (rows.length > maxRowsPerQuery) throw tooMany(`${maxRowsPerQuery} rows`);
    }
    return rows;
  }

  async function* indexRows(
    index: TableIndex,
    partition: string,
    ScanIndexForward: boolean,
  ): AsyncGenerator<Row> {
    let seenPages = 0;
    for await (const page of pages({ ...indexInput(index, partition), ScanIndexForward })) {
      yield* page;
      seenPages += 1;
      if (seenPages >= maxIndexPages) throw tooMany(`${maxIndexPages} pages of ${partition}`);
    }
  }

  function tooMany(what: string): TransferError {
    return new TransferError('UnexpectedError', `table "${tableName}" holds more than ${what}`);
  }

  async function calling<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw tableFailure(error, tableName);
    }
  }

  async function unlessRefused<T>(call: () => Promise<T>): Promise<T | false> {
    try {
      return await call();
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw tableFailure(error, tableName);
    }
  }
}

function betweenInput(transferId: string, first: string, last: string) {
  return {
    ConsistentRead: true,
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :first AND :last',
    ExpressionAttributeNames: {
      '#partition': tableSchema.partitionKey,
      '#sort': tableSchema.sortKey,
    },
    ExpressionAttributeValues: { ':partition': transferId, ':first': first, ':last': last },
  };
}

function indexInput(index: TableIndex, partition: string) {
  return {
    IndexName: index.name,
    Limit: indexPageRows,
    KeyConditionExpression: '#partition = :partition',
    ExpressionAttributeNames: { '#partition': index.partitionKey },
    ExpressionAttributeValues: { ':partition': partition },
  };
}

interface ConditionInput {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Row;
}

/** Every name goes by a placeholder: state, owner, index and many more are reserved words. */
function conditionInput(condition: Condition | undefined): ConditionInput {
  if (!condition) return {};
  const names = condition.expression.match(/#\w+/g) ?? [];
  return {
    ConditionExpression: condition.expression,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
    ...(condition.values && { ExpressionAttributeValues: condition.values }),
  };
}

function changeInput({ set = {}, add = {}, remove = {}, condition, returning }: RowChange) {
  const { ConditionExpression, ...given } = conditionInput(condition);
  const names = { ...given.ExpressionAttributeNames };
  const values = { ...given.ExpressionAttributeValues };
  const clauses: Record<'SET' | 'REMOVE' | 'ADD' | 'DELETE', string[]> = {
    SET: [],
    REMOVE: [],
    ADD: [],
    DELETE: [],
  };
  for (const [i, [attribute, value]] of Object.entries(set).entries()) {
    names[`#set${i}`] = attribute;
    if (value !== undefined) values[`:set${i}`] = value;
    if (value === undefined) clauses.REMOVE.push(`#set${i}`);
    else clauses.SET.push(`#set${i} = :set${i}`);
  }
  for (const [i, [attribute, value]] of Object.entries(add).entries()) {
    names[`#add${i}`] = attribute;
    values[`:add${i}`] = value;
    clauses.ADD.push(`#add${i} :add${i}`);
  }
  for (const [i, [attribute, value]] of Object.entries(remove).entries()) {
    names[`#remove${i}`] = attribute;
    values[`:remove${i}`] = value;
    clauses.DELETE.push(`#remove${i} :remove${i}`);
  }
  return {
    UpdateExpression: updateExpression(clauses),
    ...(ConditionExpression && { ConditionExpression }),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ...(returning && { ReturnValues: returning }),
  };
}

function updateExpression(clauses: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(clauses)
    .filter(([, items]) => items.length > 0)
    .map(([verb, items]) => `${verb} ${items.join(', ')}`)
    .join(' ');
}
