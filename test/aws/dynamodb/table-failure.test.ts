import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import {
  collected,
  localDynamo,
  startTable,
  type TableFixture,
  testClock,
  transferRecord,
} from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

it('names a missing table', async () => {
  const store = createDynamoTransferStore({
    client: table.client,
    tableName: 'nowhere',
    clock: testClock,
  });
  await expect(store.transfer('x')).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('table "nowhere": ResourceNotFoundException'),
  });
});

it('throws TableUnavailableError for an unreachable table', async () => {
  const store = createDynamoTransferStore({
    client: localDynamo(1),
    tableName: 'transfers',
    clock: testClock,
  });
  const calls = [
    store.transfer('x'),
    store.takeTransfer(transferRecord(), undefined),
    store.incrementRetries('x', { NetworkError: 1 }),
    store.chunks('x', 1),
    collected(store.listTransfers('failed', '2026-11-21')),
  ];
  for (const call of await Promise.allSettled(calls)) {
    expect(call).toMatchObject({ reason: { name: 'TableUnavailableError' } });
  }
});

it('rejects a number that is too wide for a key', async () => {
  await expect(table.store.session('x', 10_000)).rejects.toMatchObject({ name: 'UnexpectedError' });
});

it('throws UnexpectedError for a value that DynamoDB cannot store', async () => {
  const outcome = { when: new Date(0) };
  await expect(
    table.store.takeTransfer(transferRecord({ transferId: 'bug', outcome }), undefined),
  ).rejects.toMatchObject({ name: 'UnexpectedError' });
});

describe('a reply of DynamoDB', () => {
  it.each([
    ['ProvisionedThroughputExceededException', 400, 'TableUnavailableError'],
    ['InternalServerError', 500, 'TableUnavailableError'],
    ['AccessDeniedException', 400, 'ConfigurationError'],
    ['ValidationException', 400, 'ConfigurationError'],
  ])('%s (%i) becomes %s', async (code, status, name) => {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb#${code}`, message: 'said' }));
    });
    await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
    const client = localDynamo((server.address() as AddressInfo).port);
    const store = createDynamoTransferStore({
      client,
      tableName: 'transfers',
      clock: testClock,
    });
    const message = `DynamoDB failed for table "transfers": ${code} (${status}): said`;
    await expect(store.transfer('x')).rejects.toMatchObject({ name, message });
    client.destroy();
    await new Promise((closed) => server.close(closed));
  });
});
