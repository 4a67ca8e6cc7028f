import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { outputOf, type Stage } from './deployment.ts';

/** A transfer's row, as far as the checks read it. */
export interface TransferRow {
  readonly transferId: string;
  readonly state: string;
  /** The execution that took it last. */
  readonly owner: string;
  readonly assetId?: string;
  readonly source: { readonly key: string };
  readonly outcome?: { readonly error?: string; readonly status?: string };
}

/** The transfer of an object; the table is small enough to be read whole. */
export async function transferOf(stage: Stage, key: string): Promise<TransferRow | undefined> {
  const rows = await transferRows(stage);
  return rows.find(({ source }) => source.key === key);
}

/** The transfers of objects in one state, of those with these keys. */
export async function transfersIn(
  stage: Stage,
  state: string,
  keys: readonly string[],
): Promise<TransferRow[]> {
  const rows = await transferRows(stage);
  return rows.filter((row) => row.state === state && keys.includes(row.source.key));
}

async function transferRows({ home }: Stage): Promise<TransferRow[]> {
  const TableName = await outputOf(home, 'Chunkferry', 'TableName');
  const table = DynamoDBDocumentClient.from(home.dynamoDb);
  const { Items = [] } = await table.send(new ScanCommand({ TableName }));
  return Items.filter(({ row }) => row === 'transfer') as unknown as TransferRow[];
}
