import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { withLocalDocuments } from './local-documents.ts';

/** The failure of the last transfer of a source. */
export interface PreviousFailure {
  readonly error: string;
  readonly cause: string;
  /** Whether all bytes had arrived. The next run then sends them again. */
  readonly hadAllBytes: boolean;
}

/** Returns the failure of the newest transfer in a table of one source; undefined if it did not fail. */
export async function readPreviousFailure(
  endpoint: string,
  tableName: string,
): Promise<PreviousFailure | undefined> {
  const [newest] = (await readTransferRows(endpoint, tableName)).sort(
    (a, b) => Number(b.changedAt) - Number(a.changedAt),
  );
  if (newest?.state !== 'failed') return undefined;
  const { error, cause } = (newest.outcome ?? {}) as Readonly<Record<string, unknown>>;
  const hadAllBytes = newest.bytesCompleteAt !== undefined;
  return { error: String(error), cause: String(cause ?? ''), hadAllBytes };
}

function readTransferRows(endpoint: string, tableName: string): Promise<Record<string, unknown>[]> {
  return withLocalDocuments(endpoint, async (client) => {
    const rows: Record<string, unknown>[] = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName }))
      rows.push(...Items.filter(({ row }) => row === 'transfer'));
    return rows;
  });
}
