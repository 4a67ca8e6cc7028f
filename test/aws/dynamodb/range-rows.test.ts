import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import type { RangeFailure } from '#src/core/transfer/upload-rows.ts';
import { startTable, type TableFixture, testNow } from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const until = testNow + 300_000;
const failure: RangeFailure = {
  name: 'NetworkError',
  disposition: 'retry',
  message: 'connection reset',
  executionId: 'execution-a',
  round: 2,
};
const keyOf = (transferId: string, n = 1) => ({ transferId, sessionNumber: 1, n });
const rangesOf = (transferId: string) => table.store.ranges(transferId, 1);

describe('claiming a range', () => {
  it('holds a free range until the requested time', async () => {
    const claim = await table.store.claimRange(keyOf('free'), 'a', testNow, until);
    expect(claim).toEqual({ held: true, until, tookOver: false });
    expect(await rangesOf('free')).toEqual([{ n: 1, sender: 'a', claimUntil: until, retries: {} }]);
  });

  it('fails while another sender holds the range, and returns the end of that claim', async () => {
    await table.store.claimRange(keyOf('held'), 'a', testNow, until);
    const claim = await table.store.claimRange(keyOf('held'), 'b', until - 1, until + 500);
    expect(claim).toEqual({ held: false, until, tookOver: false });
    expect((await rangesOf('held'))[0]?.sender).toBe('a');
  });

  it('succeeds for one of many concurrent senders', async () => {
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        table.store.claimRange(keyOf('race'), `sender-${i}`, testNow, until),
      ),
    );
    expect(claims.filter(({ held }) => held)).toHaveLength(1);
    expect(claims.every((claim) => claim.until === until)).toBe(true);
  });

  it('takes over an expired claim, and reports it', async () => {
    await table.store.claimRange(keyOf('dead'), 'a', testNow, until);
    const claim = await table.store.claimRange(keyOf('dead'), 'b', until, until + 500);
    expect(claim).toEqual({ held: true, until: until + 500, tookOver: true });
  });

  it('can be repeated and extended by its holder', async () => {
    await table.store.claimRange(keyOf('mine'), 'a', testNow, until);
    const claim = await table.store.claimRange(keyOf('mine'), 'a', testNow, until + 500);
    expect(claim).toEqual({ held: true, until: until + 500, tookOver: false });
  });
});

describe('releasing a range', () => {
  it('frees the range: the next claim is not a takeover', async () => {
    await table.store.claimRange(keyOf('back'), 'a', testNow, until);
    await table.store.releaseRange(keyOf('back'), 'a', undefined, {});
    const claim = await table.store.claimRange(keyOf('back'), 'b', testNow, until);
    expect(claim).toEqual({ held: true, until, tookOver: false });
  });

  it('stores the error and adds the counts', async () => {
    for (const sender of ['a', 'b']) {
      await table.store.claimRange(keyOf('counts'), sender, testNow, until);
      await table.store.releaseRange(keyOf('counts'), sender, failure, { NetworkError: 2 });
    }
    const retries = { NetworkError: 4 };
    expect(await rangesOf('counts')).toEqual([{ n: 1, error: failure, retries }]);
  });

  it('clears an earlier error if there is none now', async () => {
    await table.store.recordRangeFailure(keyOf('clear'), failure);
    await table.store.claimRange(keyOf('clear'), 'a', testNow, until);
    await table.store.releaseRange(keyOf('clear'), 'a', undefined, {});
    expect(await rangesOf('clear')).toEqual([{ n: 1, retries: {} }]);
  });

  it('changes nothing if another sender holds the range', async () => {
    await table.store.claimRange(keyOf('other'), 'a', testNow, until);
    await table.store.claimRange(keyOf('other'), 'b', until, until + 500);
    await table.store.releaseRange(keyOf('other'), 'a', failure, { NetworkError: 1 });
    const left = { n: 1, sender: 'b', claimUntil: until + 500, retries: {} };
    expect(await rangesOf('other')).toEqual([left]);
  });
});

it("records an error without a claim and retains another sender's claim", async () => {
  await table.store.claimRange(keyOf('note'), 'a', testNow, until);
  await table.store.recordRangeFailure(keyOf('note'), failure);
  const row = { n: 1, sender: 'a', claimUntil: until, error: failure, retries: {} };
  expect(await rangesOf('note')).toEqual([row]);
});

it('lists the ranges of a session in order', async () => {
  for (const n of [12, 2, 1]) await table.store.recordRangeFailure(keyOf('list', n), failure);
  await table.store.recordRangeFailure({ ...keyOf('list'), sessionNumber: 2 }, failure);
  expect((await rangesOf('list')).map(({ n }) => n)).toEqual([1, 2, 12]);
});

it('sets an expiry on every range row', async () => {
  const expiresAtSeconds = testNow / 1000 + rowLifetimeSeconds;
  await table.store.claimRange(keyOf('ttl', 1), 'a', testNow, until);
  await table.store.recordRangeFailure(keyOf('ttl', 2), failure);
  expect(await table.row('ttl', 'range#0001#0001')).toMatchObject({ expiresAtSeconds });
  expect(await table.row('ttl', 'range#0001#0002')).toMatchObject({ expiresAtSeconds });
});
