import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import { chunkProof, startTable, type TableFixture, testNow } from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const expiresAtSeconds = testNow / 1000 + rowLifetimeSeconds;
const recordOf = async (transferId: string, index = 1) =>
  (await table.store.chunks(transferId, 1)).get(index);

describe('storing a proof', () => {
  it('writes the first proof', async () => {
    expect(await table.store.storeProof('first', 1, chunkProof(1))).toBe('written');
    expect(await recordOf('first')).toEqual({ ...chunkProof(1), generation: 1, reports: 0 });
  });

  it('returns `equal` for a second proof of the same bytes, with or without a CRC', async () => {
    await table.store.storeProof('equal', 1, chunkProof(1));
    expect(await table.store.storeProof('equal', 1, chunkProof(1))).toBe('equal');
    const withoutCrc = chunkProof(1, { crc: undefined });
    expect(await table.store.storeProof('equal', 1, withoutCrc)).toBe('equal');
  });

  it.each([
    ['proof', { proof: 'f'.repeat(32) }],
    ['MD5', { md5: 'f'.repeat(32) }],
    ['size', { sizeBytes: 1 }],
  ])(
    'returns `conflict` for a second proof with another %s, and retains the first',
    async (what, difference) => {
      const id = `differs-${what}`;
      await table.store.storeProof(id, 1, chunkProof(1));
      expect(await table.store.storeProof(id, 1, chunkProof(1, difference))).toBe('conflict');
      expect(await recordOf(id)).toMatchObject(chunkProof(1));
    },
  );

  it('accepts one of two concurrent different proofs', async () => {
    const kept = await Promise.all(
      ['a', 'b', 'c', 'd'].map((digit) =>
        table.store.storeProof('race', 1, chunkProof(1, { proof: digit.repeat(32) })),
      ),
    );
    expect(kept.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'written']);
  });

  it('accepts concurrent equal proofs', async () => {
    const kept = await Promise.all(
      Array.from({ length: 4 }, () => table.store.storeProof('race-equal', 1, chunkProof(1))),
    );
    expect(kept.toSorted()).toEqual(['equal', 'equal', 'equal', 'written']);
  });

  it('separates sessions', async () => {
    await table.store.storeProof('apart', 1, chunkProof(1));
    expect(await table.store.storeProof('apart', 2, chunkProof(1, { proof: 'x' }))).toBe('written');
    expect((await recordOf('apart'))?.proof).toBe(chunkProof(1).proof);
  });
});

describe('retiring a proof', () => {
  it('retains the proof with the reason', async () => {
    await table.store.storeProof('retired', 1, chunkProof(1));
    expect(await table.store.retireProof('retired', 1, 1, 1, 'stays pending')).toBe(true);
    expect(await recordOf('retired')).toEqual({
      ...chunkProof(1),
      generation: 1,
      reports: 0,
      retiredBecause: 'stays pending',
    });
  });

  it('succeeds again, for a write whose reply was lost', async () => {
    await table.store.storeProof('again', 1, chunkProof(1));
    await table.store.retireProof('again', 1, 1, 1, 'failed');
    expect(await table.store.retireProof('again', 1, 1, 1, 'failed')).toBe(true);
  });

  it('fails for an old generation', async () => {
    await table.store.storeProof('older', 1, chunkProof(1));
    await table.store.retireProof('older', 1, 1, 1, 'failed');
    await table.store.storeProof('older', 1, chunkProof(1), 1);
    expect(await table.store.retireProof('older', 1, 1, 1, 'failed')).toBe(false);
    expect(await recordOf('older')).not.toHaveProperty('retiredBecause');
  });

  it('fails without a proof', async () => {
    expect(await table.store.retireProof('nothing', 1, 1, 1, 'failed')).toBe(false);
    expect(await recordOf('nothing')).toBeUndefined();
  });

  it('allows a new proof, in the next generation and without reports', async () => {
    await table.store.storeProof('next', 1, chunkProof(1));
    await table.store.incrementReports('next', 1, 1);
    await table.store.retireProof('next', 1, 1, 1, 'failed');
    const fresh = chunkProof(1, { proof: 'b'.repeat(32) });
    expect(await table.store.storeProof('next', 1, fresh, 1)).toBe('written');
    expect(await recordOf('next')).toEqual({ ...fresh, generation: 2, reports: 0 });
  });

  it('allows no new proof to a caller that did not see the retired generation', async () => {
    await table.store.storeProof('unseen', 1, chunkProof(1));
    await table.store.retireProof('unseen', 1, 1, 1, 'failed');
    expect(await table.store.storeProof('unseen', 1, chunkProof(1))).toBe('conflict');
  });

  it('allows one of two callers that saw the same generation', async () => {
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

  it('never allows overwriting a proof that is not retired', async () => {
    await table.store.storeProof('active', 1, chunkProof(1));
    const other = chunkProof(1, { proof: 'b'.repeat(32) });
    expect(await table.store.storeProof('active', 1, other, 1)).toBe('conflict');
  });

  it('allows a new proof after the row has expired', async () => {
    expect(await table.store.storeProof('expired', 1, chunkProof(1), 3)).toBe('written');
    expect((await recordOf('expired'))?.generation).toBe(4);
  });
});

describe('counting a report', () => {
  it('adds one', async () => {
    await table.store.storeProof('reports', 1, chunkProof(1));
    await table.store.incrementReports('reports', 1, 1);
    await table.store.incrementReports('reports', 1, 1);
    expect((await recordOf('reports'))?.reports).toBe(2);
  });

  it('creates no row', async () => {
    await table.store.incrementReports('no-report', 1, 1);
    expect(await recordOf('no-report')).toBeUndefined();
  });
});

it('sets an expiry on every chunk row', async () => {
  await table.store.storeProof('ttl', 1, chunkProof(1));
  expect(await table.row('ttl', 'chunk#0001#00000001')).toMatchObject({ expiresAtSeconds });
});

it('reads 2,048 chunks over many pages, all or a range', async () => {
  const indexes = Array.from({ length: 2048 }, (_, i) => i + 1);
  // Long enough to exceed one reply of 1 MB.
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

it('names row and attribute of an unreadable row', async () => {
  await table.putRows([{ transferId: 'foreign', row: 'chunk#0001#00000001', proof: 5 }]);
  await expect(table.store.chunks('foreign', 1)).rejects.toMatchObject({
    name: 'UnexpectedError',
    message: expect.stringMatching(/^Unreadable row "chunk#0001#00000001" of foreign: \w+: /),
  });
});
