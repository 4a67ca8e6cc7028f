import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import type { TransferState } from '#src/core/transfer/transfer-row.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness({ table: 'dynamodb' });
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

/** More failures than all retries of the SDK and the state machine. */
const always = 1_000;

describe('an event bus that is down', () => {
  it('does not hide why a transfer failed', async () => {
    const film = harness.put(2);
    harness.service.switches.assetFailure = 'no video track';
    harness.eventBridge.failNextEntries(always);
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    expect(result.cause).toMatch(/AwaitAsset.*AssetFailedError.*no video track/);
    expect(await harness.transferOf(film)).toMatchObject({
      state: 'failed',
      outcomePublished: false,
    });
  });

  it('does not hide why a start was rejected', async () => {
    harness.eventBridge.failNextEntries(always);
    const result = await harness.run({ bucket: 'films', key: 'none.mp4' });
    expect(result).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    expect(result.cause).toMatch(/InspectSource.*SourceNotFoundError.*none\.mp4/);
  });

  it('leaves the row of a ready asset and fails the execution', async () => {
    const film = harness.put(2);
    harness.eventBridge.failNextEntries(always);
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    const { state, outcomePublished, assetId } = await harness.transferOf(film);
    expect({ state, outcomePublished }).toEqual({ state: 'ready', outcomePublished: false });
    expect(await harness.service.storedSha256(String(assetId))).toBe(film.sha256);
  });

  it('gets the event of that asset at the next start, which sends nothing', async () => {
    const film = harness.put(2);
    harness.eventBridge.failNextEntries(always);
    await harness.run(inputOf(film));
    harness.eventBridge.failNextEntries(0);
    const again = await harness.run(inputOf(film));
    expect(again).toMatchObject({ status: 'SUCCEEDED', output: { status: 'already-ingested' } });
    expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 2 });
    expect(harness.events(film.key).map(({ type }) => type)).toEqual(['Transfer Ready']);
  });

  it.each(['failNextCalls', 'failNextEntries'] as const)(
    'for a moment gets the event once: %s',
    async (fail) => {
      const film = harness.put(2);
      harness.eventBridge[fail](2);
      const output = await expectReady(harness, film, await harness.run(inputOf(film)));
      expect(harness.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
      expect(await harness.transferOf(film)).toMatchObject({ outcomePublished: true });
    },
  );
});

describe('the rows of a transfer', () => {
  it('hold the proof of each chunk; only chunks and ranges expire', async () => {
    const film = harness.put(55);
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    const rows = (await harness.rows()).filter(
      ({ transferId }) => transferId === output.transferId,
    );
    const kinds = Map.groupBy(rows, ({ row }) => String(row).split('#')[0]);
    expect([...kinds].map(([kind, { length }]) => [kind, length]).sort()).toEqual([
      ['chunk', 55],
      ['range', 2],
      ['session', 1],
      ['transfer', 1],
    ]);
    const expiring = rows.filter(({ expiresAtSeconds }) => expiresAtSeconds !== undefined);
    expect(new Set(expiring.map(({ row }) => String(row).split('#')[0]))).toEqual(
      new Set(['chunk', 'range']),
    );
    const seconds = harness.clock.now() / 1000 + rowLifetimeSeconds;
    expect(expiring.every(({ expiresAtSeconds }) => Number(expiresAtSeconds) < seconds + 60)).toBe(
      true,
    );
    const stored = harness.service.sessions().at(-1)?.chunks ?? [];
    const chunks = await harness.store.chunks(String(output.transferId), 1);
    expect([...chunks.values()].map(({ proof, md5 }) => [proof, md5])).toEqual(
      stored.map(({ stored: kept }) => [kept?.etag, kept?.md5]),
    );
  });

  it('hold the same outcome as output and event, listed by state and day', async () => {
    const film = harness.put(2);
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    const transfer = await harness.transferOf(film);
    expect(transfer.outcome).toEqual(output);
    expect(harness.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
    expect(await listed('ready')).toContain(transfer.transferId);
    expect(await listed('active')).not.toContain(transfer.transferId);
  });

  it('of a failure hold the same outcome as the event and the Fail state', async () => {
    const film = harness.put(2);
    harness.service.switches.assetFailure = 'it is\nno film';
    const { error, cause } = await harness.run(inputOf(film));
    const transfer = await harness.transferOf(film);
    expect(cause).toMatch(/^AwaitAsset failed: asset \w+ failed: it is no film\. .+\.$/);
    expect(transfer.outcome).toMatchObject({ status: 'failed', error, cause });
    expect(harness.events(film.key)).toEqual([
      { type: 'Transfer Failed', detail: transfer.outcome },
    ]);
    expect(await listed('failed')).toContain(transfer.transferId);
  });

  async function listed(state: TransferState): Promise<string[]> {
    const day = new Date(harness.clock.now()).toISOString().slice(0, 10);
    const ids: string[] = [];
    for await (const { transferId } of harness.store.listTransfers(state, day))
      ids.push(transferId);
    return ids;
  }
});
