import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { preflight } from '#src/preflight/preflight.ts';
import { startTable, type TableFixture, testClock, testNow } from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const log = { info: () => {}, warn: () => {}, error: () => {} };

function tryRows({ client, tableName, store } = table) {
  const queue = createDynamoQueueStore({ client, tableName, clock: testClock });
  const common = { clock: testClock, random: () => 0, log, meter: { add: () => {} } };
  return preflight(
    'Reconcile',
    { ...common, store, queue },
    {
      executionId: 'execution-a',
      executionStartedAt: testNow,
      invocationId: 'call',
      deadline: testNow + 60_000,
      lengthMs: 60_000,
      signal: new AbortController().signal,
    },
  );
}

it('tries every action on the table and its indexes, and leaves one expiring row', async () => {
  expect(await tryRows()).toMatchObject({ passed: 8, failed: 0 });
  await tryRows();
  const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.tableName }));
  expect(Items).toEqual([expect.objectContaining({ expiresAtSeconds: { N: expect.any(String) } })]);
});

it('names each action that fails on a missing table', async () => {
  const { client } = table;
  const tableName = 'elsewhere';
  const store = createDynamoTransferStore({ client, tableName, clock: testClock });
  const found = await tryRows({ ...table, tableName, store });
  expect(found).toMatchObject({ passed: 0, failed: 8 });
  expect(found.findings[0]).toMatchObject({
    check: 'table: write a row (dynamodb:PutItem)',
    problem: expect.stringMatching(
      /^ConfigurationError: DynamoDB failed for table "elsewhere": ResourceNotFound/,
    ),
    nextStep:
      "Check that the table exists, and allow dynamodb:PutItem on it to the function's role.",
  });
});
