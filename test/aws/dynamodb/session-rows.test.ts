import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionRecord, startTable, type TableFixture, uploadSession } from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

describe('a session row', () => {
  it('is added once for each number', async () => {
    const record = sessionRecord({ attemptId: 'first' });
    expect(await table.store.addSession('add', record)).toBe(true);
    expect(await table.store.addSession('add', sessionRecord({ attemptId: 'second' }))).toBe(false);
    expect(await table.store.session('add', 1)).toEqual(record);
  });

  it('is added by one of many concurrent callers', async () => {
    const added = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        table.store.addSession('add-race', sessionRecord({ attemptId: `execution-${i}` })),
      ),
    );
    expect(added.filter(Boolean)).toHaveLength(1);
  });

  it('is undefined if it does not exist', async () => {
    expect(await table.store.session('none', 1)).toBeUndefined();
  });

  it('opens with the reply to openSession', async () => {
    await table.store.addSession('set', sessionRecord());
    expect(await table.store.setSession('set', 1, uploadSession, 8)).toBe(true);
    const record = await table.store.session('set', 1);
    expect(record).toEqual(sessionRecord({ state: 'open', session: uploadSession, rangeCount: 8 }));
  });

  it('accepts no second, different session', async () => {
    await table.store.addSession('set-twice', sessionRecord());
    await table.store.setSession('set-twice', 1, uploadSession, 8);
    const other = { ...uploadSession, uploadId: 'upload-2' };
    expect(await table.store.setSession('set-twice', 1, other, 8)).toBe(false);
    expect((await table.store.session('set-twice', 1))?.session?.uploadId).toBe('upload-1');
  });

  it('accepts the same session again, for a write whose reply was lost', async () => {
    await table.store.addSession('set-again', sessionRecord());
    await table.store.setSession('set-again', 1, uploadSession, 8);
    expect(await table.store.setSession('set-again', 1, uploadSession, 8)).toBe(true);
  });

  it('accepts no session after it was marked as lost', async () => {
    await table.store.addSession('lost', sessionRecord());
    await table.store.markSession('lost', 1, 'lost');
    expect(await table.store.setSession('lost', 1, uploadSession, 8)).toBe(false);
    expect(await table.store.session('lost', 1)).toEqual(sessionRecord({ state: 'lost' }));
  });

  it('has its completion claimed by one call, until that is released', async () => {
    await table.store.addSession('claim', sessionRecord());
    const claim = (call: string) => table.store.claimFinish('claim', 1, call);
    expect([await claim('a'), await claim('a'), await claim('b')]).toEqual([true, true, false]);
    expect((await table.store.session('claim', 1))?.finishClaim).toBe('a');
    await table.store.releaseFinish('claim', 1);
    expect(await claim('b')).toBe(true);
  });

  it('is updated after a chunk or the finish has changed it', async () => {
    await table.store.addSession('update', sessionRecord());
    await table.store.setSession('update', 1, uploadSession, 8);
    const { assetId: _, ...changed } = { ...uploadSession, uploadId: 'born-late' };
    await table.store.updateSession('update', 1, changed);
    expect((await table.store.session('update', 1))?.session).toEqual(changed);
  });

  it('is listed in order with the other sessions of its transfer, and no other row', async () => {
    for (const number of [2, 10, 1]) {
      await table.store.addSession('list', sessionRecord({ number }));
    }
    await table.putRows([{ transferId: 'list', row: 'transfer' }]);
    const numbers = (await table.store.sessions('list')).map((record) => record.number);
    expect(numbers).toEqual([1, 2, 10]);
  });

  it('stores each receipt once, and removes withdrawn receipts', async () => {
    await table.store.addSession('receipts', sessionRecord());
    const record = (accepted: number[], complete = false) =>
      table.store.recordReceipt('receipts', 1, { accepted, complete });
    await record([2, 1]);
    await record([2, 3], true);
    await record([]);
    const whole = await table.store.session('receipts', 1);
    expect(whole).toMatchObject({ acceptedIndexes: [1, 2, 3], reportedComplete: true });
    await table.store.withdrawReceipts('receipts', 1, [2]);
    const withdrawn = await table.store.session('receipts', 1);
    expect(withdrawn).toMatchObject({ acceptedIndexes: [1, 3], reportedComplete: false });
    await table.store.withdrawReceipts('receipts', 1);
    expect(await table.store.session('receipts', 1)).not.toHaveProperty('acceptedIndexes');
  });

  it('never expires', async () => {
    await table.store.addSession('stays', sessionRecord());
    await table.store.setSession('stays', 1, uploadSession, 8);
    expect(await table.row('stays', 'session#0001')).not.toHaveProperty('expiresAtSeconds');
  });

  it('is never created by a change: changing a missing row fails', async () => {
    await expect(table.store.markSession('half', 3, 'lost')).rejects.toMatchObject({
      name: 'UnexpectedError',
      message: 'Unknown session 3 of transfer half: its row must exist.',
    });
    expect(await table.store.sessions('half')).toEqual([]);
  });
});

describe('a session’s ETags', () => {
  it('have one mode: a sender that records another learns the first', async () => {
    await table.store.addSession('mode', sessionRecord());
    expect(await table.store.setEtagMode('mode', 1, 'md5')).toBe('md5');
    expect(await table.store.setEtagMode('mode', 1, 'opaque')).toBe('md5');
    expect((await table.store.session('mode', 1))?.etagMode).toBe('md5');
  });

  it('count each mismatched chunk once', async () => {
    await table.store.addSession('mismatch', sessionRecord());
    expect(await table.store.recordMismatch('mismatch', 1, 7)).toBe(1);
    expect(await table.store.recordMismatch('mismatch', 1, 7)).toBe(1);
    expect(await table.store.recordMismatch('mismatch', 1, 2)).toBe(2);
    expect((await table.store.session('mismatch', 1))?.mismatched).toEqual([2, 7]);
  });
});
