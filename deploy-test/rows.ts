import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { outputOf, type Stage } from './deployment.ts';

/** A transfer's row, as far as the checks read it. */
export interface TransferRow {
  readonly state: string;
  readonly source: { readonly key: string };
  readonly outcome?: { readonly error?: string; readonly status?: string };
}

/** The transfer of an object; the table is small enough to be read whole. */
export async function transferOf({ home }: Stage, key: string): Promise<TransferRow | undefined> {
  const TableName = await outputOf(home, 'Chunkferry', 'TableName');
  const table = DynamoDBDocumentClient.from(home.dynamoDb);
  const { Items = [] } = await table.send(new ScanCommand({ TableName }));
  const transfers = Items.filter(({ row }) => row === 'transfer') as unknown as TransferRow[];
  return transfers.find(({ source }) => source.key === key);
}
