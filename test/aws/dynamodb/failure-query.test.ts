import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTable, type TableFixture, transferRecord } from './table-fixture.ts';

let table: TableFixture;
let folder: string;

beforeAll(async () => {
  table = await startTable();
  folder = await mkdtemp(join(tmpdir(), 'chunkferry-query-'));
  const program = `#!${process.execPath}\nconsole.log(JSON.stringify(process.argv.slice(2)))\n`;
  await writeFile(join(folder, 'aws'), program, { mode: 0o755 });
});
afterAll(async () => {
  await table.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the query from docs/operations.md in a shell, with an `aws` that prints its arguments. */
async function documentedQuery(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const [, block = ''] = /```\n(aws dynamodb query [\s\S]*?)\n```/.exec(page) ?? [];
  const command = block.replace('<TableName>', table.tableName);
  const env = { PATH: `${folder}:${process.env.PATH}` };
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { env });
  const words = JSON.parse(stdout) as string[];
  return new Map(words.map((word, i) => [word, words[i + 1] ?? '']));
}

it('N16: finds all failures of today (UTC), and nothing else, by the query in docs/operations.md', async () => {
  const now = Date.now();
  const put = async (transferId: string, state: 'failed' | 'rejected' | 'cancelled' | 'ready') => {
    const outcome = { status: state, execution: `execution of ${transferId}` };
    const record = transferRecord({ transferId, state, outcome, changedAt: now });
    await (state === 'rejected'
      ? table.store.putRejection(record)
      : table.store.takeTransfer(record, undefined));
  };
  await put('a transfer', 'failed');
  await put('a start', 'rejected');
  await put('stopped on purpose', 'cancelled');
  await put('well', 'ready');
  const asked = await documentedQuery();
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: asked.get('--table-name'),
      IndexName: asked.get('--index-name'),
      KeyConditionExpression: asked.get('--key-condition-expression'),
      ExpressionAttributeValues: JSON.parse(asked.get('--expression-attribute-values') ?? ''),
    }),
  );
  const executions = Items.map(({ outcome }) => outcome?.M?.execution?.S).sort();
  expect(executions).toEqual(['execution of a start', 'execution of a transfer']);
});
