import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type Harness, outputOf } from './deployment.ts';

/** The part of a transfer's row that the checks read. */
export interface TransferRow {
  readonly transferId: string;
  readonly state: string;
  /** The last execution that took the transfer. */
  readonly owner: string;
  readonly assetId?: string;
  readonly source: { readonly key: string };
  readonly outcome?: { readonly error?: string; readonly status?: string };
}

/** Returns the transfer of an object. Scans the whole table, which is small. */
export async function transferOf(harness: Harness, key: string): Promise<TransferRow | undefined> {
  const rows = await transferRows(harness);
  return rows.find(({ source }) => source.key === key);
}

/** Returns the transfers of these keys that are in one state. */
export async function transfersIn(
  harness: Harness,
  state: string,
  keys: readonly string[],
): Promise<TransferRow[]> {
  const rows = await transferRows(harness);
  return rows.filter((row) => row.state === state && keys.includes(row.source.key));
}

async function transferRows({ home }: Harness): Promise<TransferRow[]> {
  const TableName = await outputOf(home, 'Chunkferry', 'TableName');
  const table = DynamoDBDocumentClient.from(home.dynamoDb);
  const { Items = [] } = await table.send(new ScanCommand({ TableName }));
  return Items.filter(({ row }) => row === 'transfer') as unknown as TransferRow[];
}
