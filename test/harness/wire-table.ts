import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { localClientConfig } from '#local/emulators/local-account.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import type { Ports } from '#src/step-support/step.ts';
import { createMemoryQueueStore } from '../doubles/memory/queue-store.ts';
import { createMemoryTransferStore } from '../doubles/memory/transfer-store.ts';

/** A row as the table returns it. */
export type TableRow = Readonly<Record<string, unknown>>;

/** The table of a wire harness. */
export interface WireTable {
  /** The ports that replace the table's own. */
  readonly overrides: Pick<Partial<Ports>, 'store' | 'queue'>;
  /** The environment of the table's client. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns all rows. */
  rows(): Promise<TableRow[]>;
  close(): Promise<void>;
}

const tableName = 'transfers';

/** Opens dynalite with one table, for the product's own stores. */
export async function openDynamoTable(): Promise<WireTable> {
  const { url, close } = await startDynamoDb({ table: tableDefinition(tableName) });
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(localClientConfig(url)));
  return {
    overrides: {},
    environment: { AWS_ENDPOINT_URL_DYNAMODB: url, TABLE_NAME: tableName },
    rows: async () => (await documents.send(new ScanCommand({ TableName: tableName }))).Items ?? [],
    close: async () => {
      documents.destroy();
      await close();
    },
  };
}

/** The kinds of rows, in the order of the store's dump. */
const kinds = ['transfer', 'session', 'chunk', 'range'] as const;

/** Opens stores in memory: most of the time of a transfer over dynalite is the table's. */
export async function openMemoryTable(): Promise<WireTable> {
  const store = createMemoryTransferStore();
  return {
    overrides: { store, queue: createMemoryQueueStore() },
    environment: { TABLE_NAME: tableName },
    rows: async () =>
      (JSON.parse(store.dump()) as [string, TableRow][][]).flatMap((rows, index) =>
        rows.map(([key, row]) => ({ ...keyOf(key, kinds[index]), ...row })),
      ),
    close: async () => {},
  };
}

/** Returns the attributes of a row's key, as in the table: `session#0001`. */
function keyOf(key: string, kind: string | undefined): TableRow {
  const [transferId, ...rest] = key.split('#');
  return { transferId, row: [kind, ...rest].join('#') };
}
