import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import type { TransferState } from '#src/core/transfer/transfer.ts';
import { type FastWorld, openFastWorld } from '../../harness/fast-wire-harness.ts';
import { expectReady, inputOf } from '../../harness/wire-harness.ts';

let world: FastWorld;
beforeAll(async () => {
  world = await openFastWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

/** More failures than all tries of the SDK and the state machine together. */
const always = 1_000;

describe('an event bus that is down', () => {
  it('never hides why a transfer failed', async () => {
    const film = world.put(2);
    world.service.switches.assetFailure = 'no video track';
    world.emulators.eventBridge.failNextEntries(always);
    const result = await world.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'AssetFailedError' });
    expect(result.cause).toContain('no video track');
    expect(result.entered).toHaveProperty('FailedUnrecorded');
    expect(await world.transferOf(film)).toMatchObject({
      state: 'failed',
      outcomePublished: false,
    });
  });

  it('never hides why a start was refused', async () => {
    world.emulators.eventBridge.failNextEntries(always);
    const result = await world.run({ bucket: 'films', key: 'none.mp4' });
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceNotFoundError' });
    expect(result.cause).toContain('none.mp4');
  });

  it('leaves the row of an asset that is ready, and the execution red', async () => {
    const film = world.put(2);
    world.emulators.eventBridge.failNextEntries(always);
    const result = await world.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    const { state, outcomePublished, assetId } = await world.transferOf(film);
    expect({ state, outcomePublished }).toEqual({ state: 'ready', outcomePublished: false });
    expect(await world.service.storedSha256(String(assetId))).toBe(film.sha256);
  });

  it('hears of that asset at the next start, which sends nothing', async () => {
    const film = world.put(2);
    world.emulators.eventBridge.failNextEntries(always);
    await world.run(inputOf(film));
    world.emulators.eventBridge.failNextEntries(0);
    const again = await world.run(inputOf(film));
    expect(again).toMatchObject({ status: 'SUCCEEDED', output: { status: 'already-ingested' } });
    expect(world.service.calls.counts()).toMatchObject({ create: 1, put: 2 });
    expect(world.events(film.key).map(({ type }) => type)).toEqual(['Transfer Ready']);
  });

  it.each(['failNextCalls', 'failNextEntries'] as const)(
    'for a moment gets the event once: %s',
    async (fail) => {
      const film = world.put(2);
      world.emulators.eventBridge[fail](2);
      const output = await expectReady(world, film, await world.run(inputOf(film)));
      expect(world.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
      expect(await world.transferOf(film)).toMatchObject({ outcomePublished: true });
    },
  );
});

describe('the rows of a transfer', () => {
  it('hold the proof of each chunk, and time removes only chunks and ranges', async () => {
    const film = world.put(55);
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    const rows = (await world.rows()).filter(({ transferId }) => transferId === output.transferId);
    const kinds = Map.groupBy(rows, ({ row }) => String(row).split('#')[0]);
    expect([...kinds].map(([kind, { length }]) => [kind, length]).sort()).toEqual([
      ['chunk', 55],
      ['range', 2],
      ['session', 1],
      ['transfer', 1],
    ]);
    const expiring = rows.filter(({ expiresAt }) => expiresAt !== undefined);
    expect(new Set(expiring.map(({ row }) => String(row).split('#')[0]))).toEqual(
      new Set(['chunk', 'range']),
    );
    const seconds = world.clock.now() / 1000 + rowLifetimeSeconds;
    expect(expiring.every(({ expiresAt }) => Number(expiresAt) < seconds + 60)).toBe(true);
    const stored = world.service.sessions().at(-1)?.chunks ?? [];
    const chunks = await world.store.chunks(String(output.transferId), 1);
    expect([...chunks.values()].map(({ proof, md5 }) => [proof, md5])).toEqual(
      stored.map(({ stored: kept }) => [kept?.etag, kept?.md5]),
    );
  });

  it('say the outcome as output and event do, and list it under its state and day', async () => {
    const film = world.put(2);
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    const transfer = await world.transferOf(film);
    expect(transfer.outcome).toEqual(output);
    expect(world.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
    expect(await listed('ready')).toContain(transfer.transferId);
    expect(await listed('active')).not.toContain(transfer.transferId);
  });

  it('of a failure tell the same as the event and the Fail state', async () => {
    const film = world.put(2);
    world.service.switches.assetFailure = 'it is\nno film';
    const { error, cause } = await world.run(inputOf(film));
    const transfer = await world.transferOf(film);
    expect(cause).toMatch(/^asset \w+ failed: it is no film\. .+\.$/);
    expect(transfer.outcome).toMatchObject({ status: 'failed', error, cause });
    expect(world.events(film.key)).toEqual([{ type: 'Transfer Failed', detail: transfer.outcome }]);
    expect(await listed('failed')).toContain(transfer.transferId);
  });

  async function listed(state: TransferState): Promise<string[]> {
    const day = new Date(world.clock.now()).toISOString().slice(0, 10);
    const ids: string[] = [];
    for await (const { transferId } of world.store.listTransfers(state, day)) ids.push(transferId);
    return ids;
  }
});
