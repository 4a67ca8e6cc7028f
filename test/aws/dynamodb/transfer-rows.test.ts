import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import {
  collected,
  startTable,
  type TableFixture,
  testNow,
  transferRecord,
} from './table-fixture.ts';

let table: TableFixture;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.close());

const day = 86_400_000;

describe('ingest counters', () => {
  it('are 1 at first', async () => {
    expect(await table.store.latestIngestNumber('object-unseen')).toBe(1);
  });

  it('rise by one', async () => {
    expect(await table.store.raiseIngestNumber('object-1', 2)).toBe(true);
    expect(await table.store.raiseIngestNumber('object-1', 3)).toBe(true);
    expect(await table.store.latestIngestNumber('object-1')).toBe(3);
  });

  it('are raised by one of many concurrent callers', async () => {
    const raised = await Promise.all(
      Array.from({ length: 8 }, () => table.store.raiseIngestNumber('object-2', 2)),
    );
    expect(raised.filter(Boolean)).toHaveLength(1);
  });

  it('skip no number', async () => {
    expect(await table.store.raiseIngestNumber('object-3', 3)).toBe(false);
  });
});

describe('taking a transfer', () => {
  it('returns every field as it was written', async () => {
    const record = transferRecord({
      transferId: 'whole',
      assetId: 'asset',
      bytesCompleteAt: testNow,
      totalChunks: 5,
      outcome: { seconds: 1.5, nested: { list: [1, 'two'] } },
      retries: { NetworkError: 2 },
    });
    await table.store.takeTransfer(record, undefined);
    expect(await table.store.transfer('whole')).toEqual(record);
  });

  it('succeeds for one of many callers if the row is absent', async () => {
    const takes = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        table.store.takeTransfer(
          transferRecord({ transferId: 'race-1', owner: `execution-${i}` }),
          undefined,
        ),
      ),
    );
    const winner = takes.indexOf(true);
    expect(takes.filter(Boolean)).toHaveLength(1);
    expect((await table.store.transfer('race-1'))?.owner).toBe(`execution-${winner}`);
  });

  it('succeeds for one of two callers that saw the same fence', async () => {
    const seen = transferRecord({ transferId: 'race-2' });
    await table.store.takeTransfer(seen, undefined);
    const takes = await Promise.all(
      ['b', 'c'].map((owner) =>
        table.store.takeTransfer(transferRecord({ transferId: 'race-2', owner, fence: 2 }), seen),
      ),
    );
    expect(takes.filter(Boolean)).toHaveLength(1);
  });

  it('fails for a row that no longer exists', async () => {
    const seen = transferRecord({ transferId: 'gone' });
    expect(await table.store.takeTransfer({ ...seen, fence: 2 }, seen)).toBe(false);
    expect(await table.store.transfer('gone')).toBeUndefined();
  });

  it.each([{ ticketNumber: 7 }, { slot: 3 }, { sessionNumber: 2 }])(
    'fails if its owner got %o after the read, which a new owner would lose',
    async (patch) => {
      const seen = transferRecord({ transferId: `moved-${Object.keys(patch)}` });
      await table.store.takeTransfer(seen, undefined);
      await table.store.patchTransfer(seen.transferId, seen.fence, patch, testNow);
      expect(await table.store.takeTransfer({ ...seen, fence: 2 }, seen)).toBe(false);
      const now = { ...seen, ...patch };
      expect(await table.store.takeTransfer({ ...now, fence: 2 }, now)).toBe(true);
    },
  );
});

describe('patching a transfer', () => {
  it('changes the passed fields and the time', async () => {
    await table.store.takeTransfer(transferRecord({ transferId: 'patch-1' }), undefined);
    const isHeld = await table.store.patchTransfer('patch-1', 1, { totalChunks: 7 }, testNow + 5);
    expect(isHeld).toBe(true);
    expect(await table.store.transfer('patch-1')).toEqual(
      transferRecord({ transferId: 'patch-1', totalChunks: 7, changedAt: testNow + 5 }),
    );
  });

  it('removes a field that is undefined', async () => {
    const record = transferRecord({ transferId: 'patch-2', assetId: 'asset' });
    await table.store.takeTransfer(record, undefined);
    await table.store.patchTransfer('patch-2', 1, { assetId: undefined }, testNow);
    expect(await table.store.transfer('patch-2')).not.toHaveProperty('assetId');
  });

  it('fails for an older fence and changes nothing', async () => {
    const taken = transferRecord({ transferId: 'patch-3', owner: 'b', fence: 2 });
    const before = transferRecord({ transferId: 'patch-3' });
    await table.store.takeTransfer(before, undefined);
    await table.store.takeTransfer(taken, before);
    expect(await table.store.patchTransfer('patch-3', 1, { state: 'failed' }, testNow)).toBe(false);
    expect(await table.store.transfer('patch-3')).toEqual(taken);
  });

  it('creates no row', async () => {
    expect(await table.store.patchTransfer('patch-4', 1, { state: 'failed' }, testNow)).toBe(false);
    expect(await table.row('patch-4', 'transfer')).toBeUndefined();
  });
});

describe('retry counts', () => {
  it('are added by cause, also concurrently', async () => {
    const record = transferRecord({ transferId: 'counts', retries: { ThrottledError: 1 } });
    await table.store.takeTransfer(record, undefined);
    await Promise.all(
      Array.from({ length: 5 }, () =>
        table.store.incrementRetries('counts', { ThrottledError: 2, 'odd cause: #1': 1 }),
      ),
    );
    const counts = (await table.store.transfer('counts'))?.retries;
    expect(counts).toEqual({ ThrottledError: 11, 'odd cause: #1': 5 });
  });

  it('create no row', async () => {
    await table.store.incrementRetries('counts-none', { NetworkError: 1 });
    expect(await table.row('counts-none', 'transfer')).toBeUndefined();
  });

  it('need no write if they are empty', async () => {
    await table.store.incrementRetries('counts-none', {});
    expect(await table.row('counts-none', 'transfer')).toBeUndefined();
  });
});

describe('listing transfers', () => {
  const list = async (state: 'ready' | 'failed', on: string) => {
    const rows = await collected(table.store.listTransfers(state, on));
    return rows.map(({ transferId }) => transferId);
  };

  it('returns the transfers that entered a state on a day, latest first', async () => {
    for (const [id, at] of [
      ['one', 10],
      ['two', 30],
      ['three', 20],
    ] as const) {
      await table.store.takeTransfer(transferRecord({ transferId: `list-${id}` }), undefined);
      await table.store.patchTransfer(`list-${id}`, 1, { state: 'ready' }, testNow + day + at);
    }
    expect(await list('ready', '2026-11-22')).toEqual(['list-two', 'list-three', 'list-one']);
    expect(await list('ready', '2026-11-21')).toEqual([]);
  });

  it('continues at a time, and keeps where a sweep stopped', async () => {
    const { store } = table;
    for (const at of [1, 2, 3]) {
      const transferId = `part-${at}`;
      await store.takeTransfer(transferRecord({ transferId }), undefined);
      await store.patchTransfer(transferId, 1, { state: 'superseded' }, testNow + 9 * day + at);
    }
    const rest = await collected(
      store.listTransfers('superseded', '2026-11-30', testNow + 9 * day + 2),
    );
    expect(rest.map(({ transferId }) => transferId)).toEqual(['part-2', 'part-1']);
    expect(await store.sweepPosition()).toBeUndefined();
    const position = { state: 'superseded', day: '2026-11-30', until: testNow } as const;
    await store.setSweepPosition(position);
    expect(await store.sweepPosition()).toEqual(position);
    await store.setSweepPosition(undefined);
    expect(await store.sweepPosition()).toBeUndefined();
  });

  it('keeps a transfer on the day of its state after later changes', async () => {
    await table.store.takeTransfer(transferRecord({ transferId: 'stays' }), undefined);
    await table.store.patchTransfer('stays', 1, { state: 'failed' }, testNow);
    await table.store.patchTransfer('stays', 1, { outcomePublished: true }, testNow + day);
    expect(await list('failed', '2026-11-21')).toEqual(['stays']);
    expect(await list('failed', '2026-11-22')).toEqual([]);
  });

  it('lists rejected starts as failed, and allows writing them again', async () => {
    const rejection = transferRecord({ transferId: 'rejection', state: 'rejected', fence: 0 });
    await table.store.putRejection(rejection);
    await table.store.putRejection({ ...rejection, outcomePublished: true });
    expect(await list('failed', '2026-11-21')).toContain('rejection');
    expect((await table.store.transfer('rejection'))?.outcomePublished).toBe(true);
  });

  it('reads many pages', async () => {
    const records = Array.from({ length: 230 }, (_, i) =>
      transferRecord({
        transferId: `page-${i}`,
        state: 'rejected',
        changedAt: testNow + 3 * day + i,
      }),
    );
    await Promise.all(records.map((record) => table.store.putRejection(record)));
    const ids = await list('failed', '2026-11-24');
    expect(ids).toEqual(records.map(({ transferId }) => transferId).reverse());
  });
});

it('stores the transfer of an upload, and its asset, for identifiers of 1,024 characters', async () => {
  const [uploadId, assetId] = ['u'.repeat(1024), 'a'.repeat(1024)];
  const record = transferRecord({ transferId: 'long', assetId });
  await table.store.takeTransfer(record, undefined);
  await table.store.recordUpload(uploadId, 'long');
  expect(await table.store.transferOfUpload(uploadId)).toBe('long');
  expect(await table.store.transfer('long')).toMatchObject({ assetId });
});

it('stores user metadata with lists of texts', async () => {
  const options = { userMetadata: { tags: ['a', 'b'], none: [] } };
  await table.store.takeTransfer(transferRecord({ transferId: 'tagged', options }), undefined);
  expect((await table.store.transfer('tagged'))?.options).toEqual(options);
});

it('sets no expiry on a transfer row', async () => {
  await table.store.takeTransfer(transferRecord({ transferId: 'kept' }), undefined);
  await table.store.patchTransfer('kept', 1, { state: 'ready' }, testNow);
  await table.store.raiseIngestNumber('kept-object', 2);
  expect(await table.row('kept', 'transfer')).not.toHaveProperty('expiresAtSeconds');
  expect(await table.row('kept-object', 'ingests')).not.toHaveProperty('expiresAtSeconds');
});

it('sets an expiry on the row of a rejected start', async () => {
  await table.store.putRejection(transferRecord({ transferId: 'rejected', state: 'rejected' }));
  const expiresAtSeconds = testNow / 1000 + rowLifetimeSeconds;
  expect(await table.row('rejected', 'transfer')).toMatchObject({ expiresAtSeconds });
});

it('stores the transfer of a content without an expiry', async () => {
  expect(await table.store.transferOfContent('content-1')).toBeUndefined();
  await table.store.recordContent('content-1', 'older');
  await table.store.recordContent('content-1', 'newer');
  expect(await table.store.transferOfContent('content-1')).toBe('newer');
  expect(await table.row('content-1', 'content')).not.toHaveProperty('expiresAtSeconds');
});

it('stores the digests of an object', async () => {
  const digests = { sha256: 's', md5: 'm-2', firstPartBytes: 8 };
  const record = transferRecord({ transferId: 'digests' });
  const source = { ...record.source, digests };
  await table.store.takeTransfer({ ...record, source }, undefined);
  expect((await table.store.transfer('digests'))?.source.digests).toEqual(digests);
});
