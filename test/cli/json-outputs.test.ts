import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { failedSchema, readySchema } from '#src/events/output.ts';
import { useFakeAccount } from './fake-account.ts';
import { runProgram } from './program-harness.ts';
import { failedTransferOf, putTransfers, transferOf } from './transfer-records.ts';

const account = useFakeAccount();

const source = { bucket: 'films', key: 'v.mp4', etag: 'e1', sizeBytes: 9, versionId: 'v1' };
const ready = transferOf('v.mp4', { state: 'ready', assetId: 'asset-1', source });
const failed = failedTransferOf('broken.mp4', 'AssetFailedError', 'The asset failed.');

/** What the program prints of a transfer is a part of its output, under the same names. */
const schemas = { ready: z.partial(readySchema), failed: failedSchema } as const;

/** The fields of an output that name its transfer. Each document has them. */
const naming = ['transferId', 'execution'];
const named = [...naming, 'bucket', 'key', 'ingestNumber'];

beforeAll(() => putTransfers(account.table, ready, failed));

async function jsonOf(...argv: string[]) {
  const { stdout } = await runProgram([...argv, '--json']);
  return JSON.parse(stdout);
}

type Shown = { readonly state: keyof typeof schemas };

describe('what chunkferry prints of a transfer', () => {
  it('in list has the names and types of chunkferry/events', async () => {
    const { transfers } = (await jsonOf('list')) as { transfers: Shown[] };
    expect(transfers.map(({ state }) => state).toSorted()).toEqual(['failed', 'ready']);
    for (const shown of transfers) {
      const output = z.parse(schemas[shown.state], { ...shown, status: shown.state });
      expect(Object.keys(output)).toEqual(expect.arrayContaining(named));
    }
  });

  it.each([ready, failed])('in status and why, too: $state', async ({ transferId, state }) => {
    for (const command of ['status', 'why']) {
      const shown = await jsonOf(command, transferId);
      const output = z.parse(schemas[state as Shown['state']], { ...shown, status: state });
      expect(Object.keys(output)).toEqual(expect.arrayContaining(named));
    }
  });

  it.each([ready, failed])('in the result of ingest, too: $state', async (record) => {
    account.replies.StartExecution = async ({ name }: { name: string }) => {
      const owner = account.outputs.StateMachineArn?.replace('stateMachine', 'execution');
      const execution = `${owner}:${name}`;
      await account.table.store.recordExecution(execution, record.transferId);
      await account.table.store.takeTransfer(
        { ...record, owner: execution, fence: record.fence + 1 },
        record,
      );
      return { executionArn: execution, startDate: 1 };
    };
    const { sources } = await jsonOf('ingest', `s3://films/${record.source.key}`);
    const output = z.parse(schemas[record.state as Shown['state']], sources[0]);
    expect(Object.keys(output)).toEqual(expect.arrayContaining(naming));
  });
});
