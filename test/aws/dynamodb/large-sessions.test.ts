import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chunkKey } from '#src/aws/dynamodb/row-keys.ts';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { maxChunksPerSession } from '#src/core/limits/limits.ts';
import { localDynamo, testClock } from './table-fixture.ts';

/** Chunks in one page of a query: about 1 MB, as DynamoDB answers. */
const chunksPerPage = 4_000;

let chunks: number;

/** A table that has only chunks of one session, and answers a query in pages. */
const server = createServer(async (request, response) => {
  const { ExclusiveStartKey } = JSON.parse((await request.setEncoding('utf8').toArray()).join(''));
  const first = ExclusiveStartKey ? Number(ExclusiveStartKey.row.S.split('#').at(-1)) + 1 : 1;
  const length = Math.min(chunksPerPage, chunks - first + 1);
  const Items = Array.from({ length }, (_, i) => rowOf(first + i));
  const { transferId, row } = Items.at(-1) ?? rowOf(0);
  const isLast = first + length > chunks;
  const page = { Items, ...(!isLast && { LastEvaluatedKey: { transferId, row } }) };
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(page));
});

function rowOf(index: number) {
  const { transferId, row } = chunkKey('transfer-1', 1, index);
  const text = { transferId, row, proof: `proof-${index}`, md5: 'm' };
  const numbers = { sizeBytes: 5_242_880, generation: 1, reports: 0 };
  return Object.fromEntries([
    ...Object.entries(text).map(([name, S]) => [name, { S }] as const),
    ...Object.entries(numbers).map(([name, N]) => [name, { N: String(N) }] as const),
  ]);
}

beforeAll(() => new Promise<void>((up) => server.listen(0, '127.0.0.1', up)));
afterAll(() => new Promise((closed) => server.close(closed)));

async function readChunks(count: number) {
  chunks = count;
  const client = localDynamo((server.address() as AddressInfo).port);
  const store = createDynamoTransferStore({ client, tableName: 'transfers', clock: testClock });
  return store.chunks('transfer-1', 1).finally(() => client.destroy());
}

it('reads the proofs of the largest session that a plan may have', async () => {
  const read = await readChunks(maxChunksPerSession);
  expect([read.size, read.get(maxChunksPerSession)?.proof]).toEqual([
    maxChunksPerSession,
    `proof-${maxChunksPerSession}`,
  ]);
});

it('stops a query that has no end', async () => {
  await expect(readChunks(Number.POSITIVE_INFINITY)).rejects.toMatchObject({
    name: 'UnexpectedError',
    message: expect.stringContaining('more than 20000 rows'),
  });
});
