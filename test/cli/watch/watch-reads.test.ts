import { beforeAll, describe, expect, it } from 'vitest';
import type { TransferTable } from '#cli/transfers/transfer-table.ts';
import { takeSnapshot } from '#cli/watch/snapshot.ts';
import { useFakeAccount } from '../fake-account.ts';
import { now } from '../program-harness.ts';
import { proveChunks, putSession, putTransfers, transferOf } from '../transfer-records.ts';

const account = useFakeAccount();

const records = Array.from({ length: 9 }, (_, n) => transferOf(`${n}.mp4`, { sessionNumber: 1 }));
const long = transferOf('long.mp4', { sessionNumber: 1 });

beforeAll(async () => {
  await putTransfers(account.table, ...records);
  for (const { transferId } of records) await putSession(account.table, transferId);
});

/** Returns the table, and the names of the reads that it was asked for. */
function watched() {
  const reads: string[] = [];
  const noting = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(from, name) {
        const method = Reflect.get(from, name) as unknown as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          reads.push(String(name));
          return method(...args);
        };
      },
    });
  const { store, queue, search } = account.table;
  const table: TransferTable = { store: noting(store), queue: noting(queue), search };
  const takeReads = () => Object.groupBy(reads.splice(0), (name) => name);
  return { table, takeReads };
}

describe('a watch of nine transfers', () => {
  it('reads the pause once, no range, and each session once', async () => {
    const { table, takeReads } = watched();
    const first = await takeSnapshot(table, now);
    expect(first.moving).toHaveLength(9);
    const reads = takeReads();
    expect([reads.pause?.length, reads.ranges, reads.session?.length]).toEqual([1, undefined, 9]);
    await takeSnapshot(table, now + 5_000, first);
    const again = takeReads();
    expect([again.session, again.chunks?.length]).toEqual([undefined, 9]);
  });

  it('reads no chunk of a transfer whose bytes arrived', async () => {
    const { table, takeReads } = watched();
    const { transferId } = records[0] as (typeof records)[0];
    await account.table.store.patchTransfer(transferId, 1, { bytesCompleteAt: now }, now);
    const { moving } = await takeSnapshot(table, now);
    expect(takeReads().chunks).toHaveLength(8);
    const arrived = moving.find(({ details }) => details.record.transferId === transferId);
    expect(arrived).toMatchObject({ bytes: 100e6, totalBytes: 100e6 });
  });
});

describe('a watch of a film of 2,000 chunks', () => {
  it('reads its chunks every 20 s, and shows the speed between those reads', async () => {
    const { store } = account.table;
    const { transferId } = long;
    await putTransfers(account.table, long);
    const opened = { number: 1, attemptId: 'a', openedAt: now - 60_000, etagMode: 'md5' } as const;
    await store.addSession(transferId, { ...opened, state: 'opening', mismatched: [] });
    const session = { uploadId: 'u-long', chunkSizeBytes: 50_000, totalChunks: 2000, details: {} };
    await store.setSession(transferId, 1, session, 1);
    await proveChunks(account.table, transferId, [1]);
    let last = await takeSnapshot(account.table, now);
    await proveChunks(account.table, transferId, [2]);
    const seen: unknown[] = [];
    for (const after of [5_000, 15_000, 20_000, 25_000]) {
      last = await takeSnapshot(account.table, now + after, last);
      const own = last.moving.find(({ details }) => details.record.transferId === transferId);
      seen.push([own?.bytes, Math.round(own?.bytesPerSecond ?? 0)]);
    }
    const since = Math.round(25e6 / 60);
    expect(seen).toEqual([
      [25e6, since],
      [25e6, since],
      [50e6, 1_250_000],
      [50e6, 1_250_000],
    ]);
  });
});
