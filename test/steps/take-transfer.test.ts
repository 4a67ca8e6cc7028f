import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { film, putFilm } from '../conformance/bench.ts';
import { walk } from '../conformance/walk.ts';
import { Stage } from './stage.ts';

const [a, b] = ['execution-a', 'execution-b'];

/** A transfer that execution a has in hand, and what execution b would open. */
async function inHand() {
  const stage = await Stage.set();
  putFilm(stage.bench, 3000);
  const inspected = await stage.inspect();
  const opened = await stage.open(inspected, { executionId: a });
  return { stage, inspected, opened };
}

describe('taking a transfer', () => {
  it('is won by one of many executions that start at once', async () => {
    const stage = await Stage.set();
    putFilm(stage.bench, 3000);
    const inspected = await stage.inspect();
    const ids = Array.from({ length: 8 }, (_, i) => `execution-${i}`);
    for (const id of ids) stage.bench.executions.states.set(id, 'running');
    const opened = await Promise.all(
      ids.map((executionId) => stage.open(inspected, { executionId })),
    );
    expect(opened.filter(({ next }) => next === 'send')).toHaveLength(1);
    const others = opened.filter(({ next }) => next === 'ended');
    expect(others).toHaveLength(7);
    for (const other of others) {
      expect(other).toMatchObject({ ending: { status: 'running-elsewhere' } });
    }
    expect(stage.bench.asked.opened).toBe(1);
  });

  it('is refused while the owner runs, whatever its lease says', async () => {
    const { stage, inspected } = await inHand();
    stage.bench.executions.states.set(a, 'running');
    stage.bench.clock.advance(leaseSeconds * 1000 * 5);
    const { ending } = (await stage.open(inspected, { executionId: b })) as { ending: object };
    expect(ending).toMatchObject({ status: 'running-elsewhere', execution: a, key: film.key });
  });

  it('is granted as soon as the owner has ended', async () => {
    const { stage, inspected, opened } = await inHand();
    stage.bench.executions.states.set(a, 'ended');
    const taken = await stage.open(inspected, { executionId: b });
    expect(taken).toMatchObject({ next: 'send', fence: 2, sessionNumber: 1 });
    const error = { name: 'FencedOutError', message: expect.stringContaining(b) };
    await expect(stage.confirm(opened, { executionId: a })).rejects.toMatchObject(error);
  });

  it('waits for the lease where nobody can tell whether the owner runs', async () => {
    const { stage, inspected } = await inHand();
    stage.bench.clock.advance(leaseSeconds * 1000);
    const held = await stage.open(inspected, { executionId: b });
    expect(held).toMatchObject({ ending: { status: 'running-elsewhere' } });
    stage.bench.clock.advance(1);
    const taken = await stage.open(inspected, { executionId: b });
    expect(taken).toMatchObject({ next: 'send', fence: 2 });
  });

  it('finds a lease that its owner renewed while it worked', async () => {
    const { stage, inspected, opened } = await inHand();
    stage.bench.clock.advance((leaseSeconds - 100) * 1000);
    await stage.confirm(opened, { executionId: a });
    stage.bench.clock.advance((leaseSeconds - 100) * 1000);
    const held = await stage.open(inspected, { executionId: b });
    expect(held).toMatchObject({ ending: { status: 'running-elsewhere' } });
  });

  it('asks nobody when the same execution tries again', async () => {
    const { stage, inspected } = await inHand();
    const again = await stage.open(inspected, { executionId: a });
    expect(again).toMatchObject({ next: 'send', fence: 2, sessionNumber: 1 });
    expect(stage.bench.executions.asked).toBe(0);
    expect(stage.bench.asked.opened).toBe(1);
  });

  it('goes on with a transfer that failed', async () => {
    const { stage, inspected, opened } = await inHand();
    const error = { Error: 'UploadFailedError', Cause: '' };
    await stage.record({ ...opened, error }, { executionId: a });
    const taken = await stage.open(inspected, { executionId: b });
    expect(taken).toMatchObject({ next: 'send', fence: 2, sessionNumber: 1 });
    expect(await stage.row(opened)).toMatchObject({ state: 'active', outcomePublished: false });
  });

  it('says which asset there is already', async () => {
    const stage = await Stage.set();
    putFilm(stage.bench, 3000);
    const { output } = await walk(stage.bench, film);
    const opened = await stage.open(await stage.inspect(), { executionId: b });
    const { transferId, assetId, etag } = output;
    expect(opened).toEqual({
      next: 'ended',
      waitSeconds: 0,
      ending: { status: 'already-ingested', transferId, assetId, etag, ...film },
    });
  });
});

/** A film that is ingested, and what execution b would open to ingest it again. */
async function forcedAgain() {
  const stage = await Stage.set();
  putFilm(stage.bench, 3000);
  const { output } = await walk(stage.bench, film);
  const forced = await stage.inspect({ ...film, force: true });
  return { stage, forced, output };
}

/** Opens while one method of the table does not answer. */
async function openWithout(
  stage: Stage,
  method: 'takeTransfer' | 'raiseIngestNumber',
  inspected: Parameters<Stage['open']>[0],
): Promise<void> {
  const { ports } = stage;
  const dies = async () => Promise.reject(new TransferError('TableUnavailableError', 'no'));
  stage.ports = { ...ports, store: { ...ports.store, [method]: dies } };
  await expect(stage.open(inspected, { executionId: b })).rejects.toThrow();
  stage.ports = ports;
}

describe('a further ingest', () => {
  it('is made by force, with a number of its own', async () => {
    const { stage, forced, output } = await forcedAgain();
    const opened = await stage.open(forced, { executionId: b });
    const row = await stage.row(opened);
    expect(row).toMatchObject({ ingestNumber: 2, state: 'active' });
    expect(row.transferId).not.toBe(output.transferId);
  });

  it('is not made twice by a forced start that died after its number, where another made it ready', async () => {
    const { stage, forced } = await forcedAgain();
    await openWithout(stage, 'takeTransfer', forced);
    await walk(stage.bench, film, { executionId: 'execution-c' });
    const again = await stage.open(forced, { executionId: b });
    expect(again).toMatchObject({ next: 'ended', ending: { status: 'already-ingested' } });
    expect(await stage.bench.store.latestIngestNumber(forced.object)).toBe(2);
  });

  it('is made by a forced start that died before its number', async () => {
    const { stage, forced } = await forcedAgain();
    await openWithout(stage, 'raiseIngestNumber', forced);
    await stage.open(forced, { executionId: b });
    expect(await stage.bench.store.latestIngestNumber(forced.object)).toBe(2);
  });

  it('is not made twice by a forced start that is tried again', async () => {
    const { stage, forced } = await forcedAgain();
    const first = await stage.open(forced, { executionId: b });
    const again = await stage.open(forced, { executionId: b });
    expect((await stage.row(again)).transferId).toBe((await stage.row(first)).transferId);
    expect(await stage.bench.store.latestIngestNumber(forced.object)).toBe(2);
  });

  it('is made when the asset is gone at the service', async () => {
    const stage = await Stage.set();
    putFilm(stage.bench, 3000);
    const { output } = await walk(stage.bench, film);
    stage.service.deleteAsset(String(output.assetId));
    const opened = await stage.open(await stage.inspect(), { executionId: b });
    expect(await stage.row(opened)).toMatchObject({ ingestNumber: 2 });
  });

  it('is made by force after an asset that went missing before it was ready', async () => {
    const stage = await Stage.set({ processingMs: 3_600_000 });
    putFilm(stage.bench, 3000);
    const first = await walk(stage.bench, film, {
      onMove: (step) => {
        if (step === 'AwaitAsset') stage.service.deleteAsset('asset-1');
      },
    });
    expect(first.error).toBe('AssetMissingError');
    const { output } = await walk(stage.bench, { ...film, force: true }, { executionId: b });
    expect(output).toMatchObject({ status: 'ready', assetId: 'asset-2' });
  });

  it('is made by force after bytes that were not those of the object', async () => {
    const stage = await Stage.set();
    const checksum = { algorithm: 'CRC32', value: 'AAAAAA==' } as const;
    putFilm(stage.bench, 3000, { checksum });
    expect((await walk(stage.bench, film)).error).toBe('SourceChecksumMismatchError');
    stage.service.deleteAsset('asset-1');
    const again = await walk(stage.bench, { ...film, force: true }, { executionId: b });
    expect(again.output).toMatchObject({ ingestNumber: 2 });
  });
});
