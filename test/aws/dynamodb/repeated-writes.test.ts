import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { chunkProof, testClock } from './table-fixture.ts';

/*
 * The SDK sends the first write of a proof; each further write repeats it with another body. Here the
 * table is a server that answers as each test says.
 */

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const written: Answer = (_, response) => response.end('{}');
const failing =
  (status: number, type: string): Answer =>
  (_, response) =>
    response.writeHead(status).end(JSON.stringify({ __type: type, message: 'no' }));
const broken: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': '2' }).flushHeaders();
  setTimeout(() => response.destroy(), 20);
};

let answers: Answer[];
let bodies: string[];
let server: Server;
let client: DynamoDBClient;
let store: TransferStore;
beforeEach(async () => {
  [answers, bodies] = [[], []];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    bodies.push(body);
    const answer = answers.shift() ?? written;
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = new DynamoDBClient({
    ...boundedCalls,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  store = createDynamoTransferStore({ client, tableName: 'transfers', clock: testClock });
});
afterEach(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

const put = (index: number) => store.storeProof('transfer', 1, chunkProof(index));

it('sends what the SDK sends, with its own row', async () => {
  await put(1);
  await put(2);
  await put(3);
  const sent = bodies.map((body) => JSON.parse(body));
  expect(sent[1]).toEqual({
    ...sent[0],
    Item: {
      ...sent[0].Item,
      row: { S: 'chunk#0001#00000002' },
      proof: { S: chunkProof(2).proof },
      md5: { S: chunkProof(2).md5 },
    },
  });
  expect(sent[2].Item.row).toEqual({ S: 'chunk#0001#00000003' });
});

it.each([
  ['a 500', failing(500, 'com.amazonaws#InternalServerError')],
  ['throttling', failing(400, 'com.amazonaws#ProvisionedThroughputExceededException')],
  ['a closed connection', ((_, response) => response.destroy()) satisfies Answer],
  ['a reply that breaks off', broken],
])('is tried again after %s', async (_, answer) => {
  await put(1);
  answers = [answer];
  expect(await put(2)).toBe('written');
  expect(bodies[2]).toBe(bodies[1]);
});

it('has as many tries as the first write', async () => {
  const fail = failing(500, 'com.amazonaws#InternalServerError');
  const tries = [];
  for (const index of [1, 2]) {
    bodies = [];
    answers = Array.from({ length: 10 }, () => fail);
    await expect(put(index)).rejects.toMatchObject({ name: 'TableUnavailableError', status: 500 });
    tries.push(bodies.length);
    answers = [];
    await put(9);
  }
  expect(tries).toEqual([3, 3]);
});

it('is no failure if its condition does not hold', async () => {
  await put(1);
  const stored = { ...JSON.parse(bodies[0] ?? '').Item, row: { S: 'chunk#0001#00000002' } };
  answers = [
    failing(400, 'com.amazonaws#ConditionalCheckFailedException'),
    (_, response) => response.end(JSON.stringify({ Item: stored })),
  ];
  expect(await put(2)).toBe('conflict');
  expect(bodies).toHaveLength(3);
});

it('names a denial as the first write does', async () => {
  const denial = failing(400, 'com.amazonaws#AccessDeniedException');
  answers = [denial];
  const first = await put(1).catch((error) => error);
  await put(1);
  answers = [denial];
  const repeated = await put(2).catch((error) => error);
  expect(repeated).toEqual(first);
  expect(repeated).toMatchObject({ name: 'ConfigurationError' });
});
