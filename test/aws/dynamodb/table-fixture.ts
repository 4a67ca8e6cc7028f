import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { SessionRecord } from '#src/core/transfer/upload-rows.ts';
import { ManualClock } from '../../harness/clock.ts';

/** dynalite is untyped. */
const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server;

export interface TableFixture {
  readonly store: TransferStore;
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Returns the stored row, without the store's code. */
  row(transferId: string, row: string): Promise<Record<string, unknown> | undefined>;
  /** Writes rows without the store's code. */
  putRows(rows: readonly Record<string, unknown>[]): Promise<void>;
  close(): Promise<void>;
}

/** The time of every test here, in milliseconds since 1970. */
export const testNow = Date.UTC(2026, 10, 21, 12);

export const testClock = new ManualClock(testNow);

/** Starts a DynamoDB in memory that holds the table. */
export async function startTable(): Promise<TableFixture> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  const tableName = 'transfers';
  const client = localDynamo((server.address() as AddressInfo).port);
  await client.send(new CreateTableCommand(tableDefinition(tableName)));
  const document = DynamoDBDocumentClient.from(client);
  return {
    client,
    tableName,
    store: createDynamoTransferStore({ client, tableName, clock: testClock }),
    row: async (transferId, row) => {
      const Key = { transferId, row };
      return (await document.send(new GetCommand({ TableName: tableName, Key }))).Item;
    },
    putRows: async (rows) => {
      for (let i = 0; i < rows.length; i += 25) {
        const puts = rows.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }));
        await document.send(new BatchWriteCommand({ RequestItems: { [tableName]: puts } }));
      }
    },
    close: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Creates a client of a DynamoDB on this machine; it never retries. */
export function localDynamo(port: number): DynamoDBClient {
  return new DynamoDBClient({
    ...boundedCalls,
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

export function transferRecord(changes: Partial<TransferRecord> = {}): TransferRecord {
  return {
    transferId: 'transfer-1',
    state: 'active',
    destination: 'twelvelabs',
    ingestNumber: 1,
    source: {
      bucket: 'films',
      key: 'a/film.mp4',
      versionId: 'v1',
      etag: 'e1',
      sizeBytes: 10_737_418_240,
      contentType: 'video/mp4',
      checksum: { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' },
    },
    options: { userMetadata: { take: 3, final: true, title: 'näh 🎬' } },
    owner: 'execution-a',
    fence: 1,
    leaseUntil: testNow + 900_000,
    sessionNumber: 0,
    createdAt: testNow,
    changedAt: testNow,
    outcomePublished: false,
    retries: {},
    ...changes,
  };
}

export function sessionRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    number: 1,
    attemptId: 'execution-a#1',
    openedAt: testNow,
    state: 'opening',
    etagMode: 'unknown',
    mismatched: [],
    ...changes,
  };
}

export const uploadSession = {
  uploadId: 'upload-1',
  assetId: 'asset-1',
  chunkSizeBytes: 5_242_880,
  totalChunks: 2048,
  expiresAt: testNow + 86_400_000,
  details: { 'upload-header': 'x-amz-acl: private' },
};

export function chunkProof(index: number, changes: Partial<ChunkProof> = {}): ChunkProof {
  const md5 = index.toString(16).padStart(32, '0');
  return { index, sizeBytes: 5_242_880, proof: md5, md5, crc: 'AAAAAAAAAAA=', ...changes };
}

/** Returns all items of an iteration. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
