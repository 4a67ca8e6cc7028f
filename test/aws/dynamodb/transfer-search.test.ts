import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTransferSearch } from '#src/aws/dynamodb/transfer-search.ts';
import { type HttpServer, startServer } from '../../http/http-server.ts';

/** The pages that the table returns, in order; the last one repeats. */
let pages: readonly object[];
let starts: unknown[];
let server: HttpServer;
let client: DynamoDBClient;

beforeAll(async () => {
  server = await startServer(async (request, response) => {
    starts.push(JSON.parse(await text(request)).ExclusiveStartKey);
    const page = pages[Math.min(starts.length, pages.length) - 1];
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(page));
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new DynamoDBClient({ endpoint: server.origin, region: 'eu-west-1', credentials });
});
beforeEach(() => {
  starts = [];
});
afterAll(() => server.close());

const key = { transferId: { S: 'last' } };
const row = {
  ...{ transferId: { S: 'abcdef' }, state: { S: 'queued' }, destination: { S: 'd' } },
  ...{ ingestNumber: { N: '1' }, owner: { S: 'o' }, fence: { N: '1' }, leaseUntil: { N: '1' } },
  ...{ sessionNumber: { N: '0' }, createdAt: { N: '1' }, changedAt: { N: '1' } },
  ...{ outcomePublished: { BOOL: true }, options: { M: {} } },
  source: { M: { bucket: { S: 'b' }, key: { S: 'k' }, etag: { S: 'e' }, sizeBytes: { N: '1' } } },
};

// Reports: a filter that empties a page (brendanhay/amazonka#340), an empty key (pynamodb/PynamoDB#1307).
describe('a search for transfers', () => {
  it('continues behind a page whose rows the filter left out', async () => {
    pages = [{ Items: [], LastEvaluatedKey: key }, { Items: [row] }];
    const found = await openTransferSearch(client, 'transfers').withIdPrefix('abc');
    expect(found.map(({ transferId }) => transferId)).toEqual(['abcdef']);
    expect(starts).toEqual([undefined, key]);
  });

  it('ends at a page with an empty key', async () => {
    pages = [{ Items: [row], LastEvaluatedKey: {} }];
    expect(await openTransferSearch(client, 'transfers').withIdPrefix('abc')).toHaveLength(1);
    expect(starts).toHaveLength(1);
  });

  it('fails by name in a table with more pages than it reads, instead of finding nothing', async () => {
    pages = [{ Items: [], LastEvaluatedKey: key }];
    await expect(
      openTransferSearch(client, 'transfers', 3).ofObject('b', 'k'),
    ).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('stopped after 3 pages'),
    });
    expect(starts).toHaveLength(3);
  });
});
