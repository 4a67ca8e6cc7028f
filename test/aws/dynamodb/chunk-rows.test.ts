import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import { chunkProof, startTable, type TableFixture, testNow } from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const expiresAt = testNow / 1000 + rowLifetimeSeconds;
const recordOf = async (transferId: string, index = 1) =>
  (await table.store.chunks(transferId, 1)).get(index);

describe('keeping a proof', () => {
  it('writes the first', async () => {
    expect(await table.store.storeProof('first', 1, chunkProof(1))).toBe('written');
    expect(await recordOf('first')).toEqual({ ...chunkProof(1), generation: 1, reports: 0 });
  });

  it('finds a second that proves the same bytes equal, with or without a CRC', async () => {
    await table.store.storeProof('equal', 1, chunkProof(1));
    expect(await table.store.storeProof('equal', 1, chunkProof(1))).toBe('equal');
    const withoutCrc = chunkProof(1, { crc: undefined });
    expect(await table.store.storeProof('equal', 1, withoutCrc)).toBe('equal');
  });

  it.each([
    ['proof', { proof: 'f'.repeat(32) }],
    ['MD5', { md5: 'f'.repeat(32) }],
    ['size', { sizeBytes: 1 }],
  ])('refuses a second whose %s differs and keeps the first', async (what, difference) => {
    const id = `differs-${what}`;
    await table.store.storeProof(id, 1, chunkProof(1));
    expect(await table.store.storeProof(id, 1, chunkProof(1, difference))).toBe('conflict');
    expect(await recordOf(id)).toMatchObject(chunkProof(1));
  });

  it('lets one of two different proofs win', async () => {
    const kept = await Promise.all(
      ['a', 'b', 'c', 'd'].map((digit) =>
        table.store.storeProof('race', 1, chunkProof(1, { proof: digit.repeat(32) })),
      ),
    );
    expect(kept.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'written']);
  });

  it('lets equal proofs at once all pass', async () => {
    const kept = await Promise.all(
      Array.from({ length: 4 }, () => table.store.storeProof('race-equal', 1, chunkProof(1))),
    );
    expect(kept.toSorted()).toEqual(['equal', 'equal', 'equal', 'written']);
  });

  it('keeps sessions apart', async () => {
    await table.store.storeProof('apart', 1, chunkProof(1));
    expect(await table.store.storeProof('apart', 2, chunkProof(1, { proof: 'x' }))).toBe('written');
    expect((await recordOf('apart'))?.proof).toBe(chunkProof(1).proof);
  });
});

describe('retiring a proof', () => {
  it('keeps it with the reason', async () => {
    await table.store.storeProof('retired', 1, chunkProof(1));
    expect(await table.store.retireProof('retired', 1, 1, 1, 'stays pending')).toBe(true);
    expect(await recordOf('retired')).toEqual({
      ...chunkProof(1),
      generation: 1,
      reports: 0,
      retiredBecause: 'stays pending',
    });
  });

  it('may be done again, for a write whose reply was lost', async () => {
    await table.store.storeProof('again', 1, chunkProof(1));
    await table.store.retireProof('again', 1, 1, 1, 'failed');
    expect(await table.store.retireProof('again', 1, 1, 1, 'failed')).toBe(true);
  });

  it('is refused for a generation that is no more', async () => {
    await table.store.storeProof('older', 1, chunkProof(1));
    await table.store.retireProof('older', 1, 1, 1, 'failed');
    await table.store.storeProof('older', 1, chunkProof(1), 1);
    expect(await table.store.retireProof('older', 1, 1, 1, 'failed')).toBe(false);
    expect(await recordOf('older')).not.toHaveProperty('retiredBecause');
  });

  it('is refused where there is no proof', async () => {
    expect(await table.store.retireProof('nothing', 1, 1, 1, 'failed')).toBe(false);
    expect(await recordOf('nothing')).toBeUndefined();
  });

  it('makes room for a new proof, one generation on and without reports', async () => {
    await table.store.storeProof('next', 1, chunkProof(1));
    await table.store.incrementReports('next', 1, 1);
    await table.store.retireProof('next', 1, 1, 1, 'failed');
    const fresh = chunkProof(1, { proof: 'b'.repeat(32) });
    expect(await table.store.storeProof('next', 1, fresh, 1)).toBe('written');
    expect(await recordOf('next')).toEqual({ ...fresh, generation: 2, reports: 0 });
  });

  it('makes no room for one who did not see it retired', async () => {
    await table.store.storeProof('unseen', 1, chunkProof(1));
    await table.store.retireProof('unseen', 1, 1, 1, 'failed');
    expect(await table.store.storeProof('unseen', 1, chunkProof(1))).toBe('conflict');
  });

  it('makes room for one of two who saw the same generation', async () => {
    await table.store.storeProof('seen', 1, chunkProof(1));
    await table.store.retireProof('seen', 1, 1, 1, 'failed');
    const kept = await Promise.all(
      ['a', 'b'].map((digit) =>
        table.store.storeProof('seen', 1, chunkProof(1, { proof: digit.repeat(32) }), 1),
      ),
    );
    expect(kept.toSorted()).toEqual(['conflict', 'written']);
    expect((await recordOf('seen'))?.generation).toBe(2);
  });

  it('never lets a proof that stands be overwritten', async () => {
    await table.store.storeProof('stands', 1, chunkProof(1));
    const other = chunkProof(1, { proof: 'b'.repeat(32) });
    expect(await table.store.storeProof('stands', 1, other, 1)).toBe('conflict');
  });

  it('is no reason to lose a new proof when time has removed the row', async () => {
    expect(await table.store.storeProof('expired', 1, chunkProof(1), 3)).toBe('written');
    expect((await recordOf('expired'))?.generation).toBe(4);
  });
});

describe('noting a report', () => {
  it('counts one more', async () => {
    await table.store.storeProof('reports', 1, chunkProof(1));
    await table.store.incrementReports('reports', 1, 1);
    await table.store.incrementReports('reports', 1, 1);
    expect((await recordOf('reports'))?.reports).toBe(2);
  });

  it('makes no row where there is none', async () => {
    await table.store.incrementReports('no-report', 1, 1);
    expect(await recordOf('no-report')).toBeUndefined();
  });
});

it('lets every chunk row expire after its lifetime', async () => {
  await table.store.storeProof('ttl', 1, chunkProof(1));
  expect(await table.row('ttl', 'chunk#0001#00000001')).toMatchObject({ expiresAt });
});

it('reads 2,048 chunks over many pages, all or only a range of them', async () => {
  const indexes = Array.from({ length: 2048 }, (_, i) => i + 1);
  // Long enough that one answer of 1 MB can't hold them all.
  const proof = 'p'.repeat(600);
  const rows = indexes.map((i) => {
    const { index: _, ...kept } = chunkProof(i, { proof });
    const row = `chunk#0001#${String(i).padStart(8, '0')}`;
    return { transferId: 'many', row, ...kept, generation: 1, reports: 0 };
  });
  await table.putRows(rows);
  const all = await table.store.chunks('many', 1);
  expect([...all.keys()]).toEqual(indexes);
  const some = await table.store.chunks('many', 1, 51, 100);
  expect([...some.keys()]).toEqual(indexes.slice(50, 100));
});

it('names the row and the attribute of what it did not write', async () => {
  await table.putRows([{ transferId: 'foreign', row: 'chunk#0001#00000001', proof: 5 }]);
  await expect(table.store.chunks('foreign', 1)).rejects.toMatchObject({
    name: 'UnexpectedError',
    message: expect.stringMatching(/^Unreadable row "chunk#0001#00000001" of foreign: \w+: /),
  });
});
