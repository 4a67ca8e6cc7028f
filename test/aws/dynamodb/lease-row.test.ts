import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLeaseRow } from '#src/aws/dynamodb/lease-row.ts';
import type { Lease } from '#src/core/ports/lease.ts';
import { createMemoryLease } from '../../doubles/memory/memory-lease.ts';
import { startTable, type TableFixture } from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const leases: readonly [string, (name: string) => Lease][] = [
  ['in the table', (name) => createLeaseRow(table.client, table.tableName, name)],
  ['in memory', createMemoryLease],
];

describe.each(leases)('a lease %s', (_, open) => {
  it('has one holder at a time', async () => {
    const lease = open('one');
    const all = await Promise.all(['a', 'b', 'c'].map((holder) => lease.acquire(holder, 0, 10)));
    expect(all.filter(Boolean)).toHaveLength(1);
  });

  it('may be taken again by its holder: after a lost reply, the SDK writes again', async () => {
    const lease = open('again');
    expect(await lease.acquire('a', 0, 10)).toBe(true);
    expect(await lease.acquire('a', 1, 11)).toBe(true);
  });

  it('ends at its end, or once its holder releases it', async () => {
    const lease = open('end');
    await lease.acquire('a', 0, 10);
    expect([await lease.acquire('b', 9, 20), await lease.acquire('b', 10, 20)]).toEqual([
      false,
      true,
    ]);
    await lease.release('a');
    expect(await lease.acquire('c', 11, 30)).toBe(false);
    await lease.release('b');
    expect(await lease.acquire('c', 11, 30)).toBe(true);
  });
});
