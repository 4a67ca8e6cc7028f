import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { RepeatedRequest } from '#src/aws/repeated-request.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxChunksPerSession } from '#src/core/limits/limits.ts';
import {
  betweenInput,
  type Condition,
  changeInput,
  conditionInput,
  indexInput,
  type Row,
  type RowChange,
  type TableIndex,
} from './expressions.ts';
import type { RowKey } from './row-keys.ts';
import { isConditionFailure, tableError } from './table-failure.ts';

/** The calls that all rows are made of: every read strongly consistent, every write of one item. */
export interface TableAccess {
  read(key: RowKey): Promise<Row | undefined>;
  /** Writes a whole row; returns false if the condition does not hold. */
  write(row: RowKey & Row, condition?: Condition): Promise<boolean>;
  /** Writes a row of texts and whole numbers as `write` does, with a fifth of its CPU time. */
  writeFlat(row: RowKey & FlatRow, condition: Condition): Promise<boolean>;
  /** Changes a row and returns the requested attributes; false if the condition does not hold. */
  change(key: RowKey, change: RowChange): Promise<Row | false>;
  /** Returns the rows of a partition between two sort keys, ascending. */
  between(transferId: string, first: string, last: string): Promise<Row[]>;
  /**
   * Returns the rows of an index's partition by its sort key; eventually consistent, as every index.
   * Omits rows with a sort key above `until`.
   */
  inIndex(
    index: TableIndex,
    partition: string,
    order: 'ascending' | 'descending',
    until?: number,
  ): AsyncGenerator<Row>;
  /** Returns the first rows of a partition between two sort keys, ascending. */
  firstBetween(transferId: string, first: string, last: string, limit: number): Promise<Row[]>;
  /** Deletes a row and returns its attributes; false if the condition does not hold. */
  remove(key: RowKey, condition?: Condition): Promise<Row | false>;
}

/** The rows of all chunks of a session, the largest result of any query here. */
const maxRowsPerQuery = maxChunksPerSession;

/** Pages of an index query: some 100,000 transfers of one state on one day. */
const maxIndexPages = 1_000;

/** A row without nested values. */
export type FlatRow = Readonly<Record<string, string | number | undefined>>;

interface Table {
  readonly client: DynamoDBClient;
  readonly document: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly puts: RepeatedRequest;
}

/**
 * Opens a table.
 * @throws TableUnavailableError, ConfigurationError - from every method, see `tableError`
 */
export function openTable(client: DynamoDBClient, tableName: string): TableAccess {
  const marshallOptions = { removeUndefinedValues: true };
  const document = DynamoDBDocumentClient.from(client, { marshallOptions });
  const table = { client, document, tableName, puts: new RepeatedRequest(client) };
  return {
    read: (key) => read(table, key),
    write: (row, condition) => write(table, row, condition),
    writeFlat: (row, condition) => writeFlat(table, row, condition),
    change: (key, change) => update(table, key, change),
    between: (transferId, first, last) => allRows(table, betweenInput(transferId, first, last)),
    inIndex: (index, partition, order, until) =>
      indexRows(table, indexInput(index, partition, until), partition, order),
    firstBetween: (transferId, first, last, limit) =>
      firstRows(table, betweenInput(transferId, first, last), limit),
    remove: (key, condition) => remove(table, key, condition),
  };
}

async function read(table: Table, Key: RowKey): Promise<Row | undefined> {
  const command = new GetCommand({ TableName: table.tableName, Key, ConsistentRead: true });
  return (await translated(table, () => table.document.send(command))).Item;
}

async function write(table: Table, Item: RowKey & Row, condition?: Condition): Promise<boolean> {
  const input = { TableName: table.tableName, Item, ...conditionInput(condition) };
  const command = new PutCommand(input);
  return (await unlessRejected(table, () => table.document.send(command))) !== false;
}

async function writeFlat(table: Table, row: FlatRow, condition: Condition): Promise<boolean> {
  const { values = {} } = condition;
  const { ConditionExpression, ExpressionAttributeNames } = conditionInput(condition);
  const input = {
    TableName: table.tableName,
    Item: flatValues(row),
    ConditionExpression,
    ExpressionAttributeNames,
    ...(condition.values && { ExpressionAttributeValues: flatValues(values) }),
  };
  const viaSdk = (options: object) => table.client.send(new PutItemCommand(input), options);
  const put = async () => {
    const sent = await table.puts.send({ body: JSON.stringify(input) }, viaSdk);
    // A reply that breaks off proves nothing. The condition makes a second write harmless.
    if ('reply' in sent) await readToEnd(sent.reply.body).catch(() => viaSdk({}));
  };
  return (await unlessRejected(table, put)) !== false;
}

async function readToEnd(body: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of body);
}

/** Returns the values as DynamoDB's JSON. */
function flatValues(row: FlatRow): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === 'string') values[name] = { S: value };
    else if (value !== undefined) values[name] = { N: String(value) };
  }
  return values;
}

async function update(table: Table, Key: RowKey, change: RowChange): Promise<Row | false> {
  const command = new UpdateCommand({ TableName: table.tableName, Key, ...changeInput(change) });
  const reply = await unlessRejected(table, () => table.document.send(command));
  return reply && (reply.Attributes ?? {});
}

async function remove(table: Table, Key: RowKey, condition?: Condition): Promise<Row | false> {
  const conditioned = conditionInput(condition);
  const input = {
    TableName: table.tableName,
    Key,
    ...conditioned,
    ReturnValues: 'ALL_OLD',
  } as const;
  const command = new DeleteCommand(input);
  const reply = await unlessRejected(table, () => table.document.send(command));
  return reply && (reply.Attributes ?? {});
}

type Query = Omit<QueryCommandInput, 'TableName'>;

async function firstRows(table: Table, query: Query, Limit: number): Promise<Row[]> {
  const command = new QueryCommand({ TableName: table.tableName, ...query, Limit });
  return (await translated(table, () => table.document.send(command))).Items ?? [];
}

/** Returns the key at which the next page begins. No key, or an empty one, ends the result (API Reference). */
export function nextKeyOf({ LastEvaluatedKey }: { LastEvaluatedKey?: Row | undefined }) {
  return Object.keys(LastEvaluatedKey ?? {}).length > 0 ? LastEvaluatedKey : undefined;
}

async function* pagesOf(table: Table, query: Query): AsyncGenerator<Row[]> {
  let ExclusiveStartKey: Row | undefined;
  do {
    const input = { TableName: table.tableName, ...query, ExclusiveStartKey };
    const page = await translated(table, () => table.document.send(new QueryCommand(input)));
    yield page.Items ?? [];
    ExclusiveStartKey = nextKeyOf(page);
  } while (ExclusiveStartKey);
}

async function allRows(table: Table, query: Query): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pagesOf(table, query)) {
    rows.push(...page);
    if (rows.length > maxRowsPerQuery) throw tooLargeError(table, `${maxRowsPerQuery} rows`);
  }
  return rows;
}

async function* indexRows(
  table: Table,
  input: Query,
  partition: string,
  order: 'ascending' | 'descending',
): AsyncGenerator<Row> {
  const query = { ...input, ScanIndexForward: order === 'ascending' };
  let pageCount = 0;
  for await (const page of pagesOf(table, query)) {
    yield* page;
    pageCount += 1;
    if (pageCount >= maxIndexPages)
      throw tooLargeError(table, `${maxIndexPages} pages of ${partition}`);
  }
}

function tooLargeError({ tableName }: Table, limit: string): TransferError {
  const message = `Query of table "${tableName}" was stopped: it returns more than ${limit}.`;
  return new TransferError('UnexpectedError', message);
}

async function translated<T>({ tableName }: Table, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw tableError(error, tableName);
  }
}

/** Returns false if the write's condition does not hold. */
async function unlessRejected<T>(table: Table, call: () => Promise<T>): Promise<T | false> {
  try {
    return await call();
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw tableError(error, table.tableName);
  }
}
