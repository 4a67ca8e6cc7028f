import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectReady, inputOf, openWorld, versionedBucket, type World } from '../../harness/wire-harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.reset());
afterAll(() => world.close());

describe('a second start for the same object version', () => {
  it('while the first is running ends well and names it; one asset is made', async () => {
    const film = world.put(20);
    const [first, second] = await Promise.all([world.run(inputOf(film)), world.run(inputOf(film))]);
    const [worked, waited] =
      first?.output && (first.output as { status: string }).status === 'ready'
        ? [first, second]
        : [second, first];
    await expectReady(world, film, worked as typeof first);
    expect(waited).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'running-elsewhere', execution: worked?.executionArn },
    });
    expect(world.service.calls.count('create')).toBe(1);
    expect(world.service.calls.count('put')).toBe(20);
    expect(world.events(film.key)).toHaveLength(1);
  });

  it('after success ends with the id of the asset and sends nothing', async () => {
    const film = world.put(3);
    const { assetId } = await expectReady(world, film, await world.run(inputOf(film)));
    world.reset();
    const again = await world.run(inputOf(film));
    expect(again).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'already-ingested', assetId },
    });
    expect(world.service.calls.counts()).toEqual({ asset: 1 });
    expect(world.events(film.key)).toHaveLength(1);
  });

  it('after the asset was deleted at the service makes a further ingest', async () => {
    const film = world.put(3);
    const { assetId } = await expectReady(world, film, await world.run(inputOf(film)));
    world.service.deleteAsset(String(assetId));
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    expect(output).toMatchObject({ ingestNumber: 2 });
  });

  it('with force makes a further ingest, of its own identity', async () => {
    const film = world.put(3);
    const first = await expectReady(world, film, await world.run(inputOf(film)));
    const second = await expectReady(
      world,
      film,
      await world.run({ ...inputOf(film), force: true }),
    );
    expect(second.ingestNumber).toBe(2);
    expect(second.assetId).not.toBe(first.assetId);
    expect(second.transferId).not.toBe(first.transferId);
  });

  it('with another version is a transfer of its own', async () => {
    const film = world.put(3, { bucket: versionedBucket });
    const first = await expectReady(world, film, await world.run(inputOf(film)));
    const newer = world.put(4, { bucket: versionedBucket, key: film.key });
    const second = await expectReady(world, newer, await world.run(inputOf(newer)));
    expect(second).toMatchObject({ ingestNumber: 1 });
    expect(second.assetId).not.toBe(first.assetId);
  });

  it('after a failed asset opens a new session', async () => {
    const film = world.put(3);
    world.service.switches.assetFailure = 'could not be read';
    expect(await world.run(inputOf(film))).toMatchObject({
      status: 'FAILED',
      error: 'AssetFailedError',
    });
    world.service.switches.assetFailure = undefined;
    await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.count('create')).toBe(2);
  });
});
