import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FastWorld, openFastWorld } from '../../harness/fast-wire-harness.ts';
import { expectReady, inputOf } from '../../harness/wire-harness.ts';

let world: FastWorld;
beforeAll(async () => {
  world = await openFastWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

describe('force', () => {
  it('whose function is killed and called again makes one further asset', async () => {
    const film = world.put(3);
    await world.run(inputOf(film));
    const result = await world.run(
      { ...inputOf(film), force: true },
      {
        faults: ({ stateName, attempt }) =>
          stateName === 'OpenSession' && attempt === 1
            ? { kind: 'crash-after', error: 'Lambda.Unknown' }
            : undefined,
      },
    );
    expect(await expectReady(world, film, result)).toMatchObject({ ingestNumber: 2 });
    expect(world.service.calls.count('create')).toBe(2);
  });

  it('is not remembered: the start after it finds the newest asset', async () => {
    const film = world.put(3);
    await world.run(inputOf(film));
    const forced = await world.run({ ...inputOf(film), force: true });
    const { assetId } = await expectReady(world, film, forced);
    const { output } = await world.run(inputOf(film));
    expect(output).toMatchObject({ status: 'already-ingested', assetId });
  });
});

describe('the next step that an error names, to start again with force,', () => {
  it('sends anew after an asset was deleted while it was awaited', async () => {
    const film = world.put(3);
    world.service.switches.assetReadyAfterMs = 20_000;
    const act = () => world.service.deleteAsset(String(world.service.sessions().at(-1)?.assetId));
    world.service.faults.add({ on: 'asset', kind: 'callback', act });
    const failed = await world.run(inputOf(film));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'AssetMissingError' });
    expect(failed.cause).toContain('waits for it again and sends nothing twice');
    await expectReady(world, film, await world.run({ ...inputOf(film), force: true }));
    expect(world.service.calls.counts()).toMatchObject({ create: 2, put: 6 });
  });

  it('sends anew after the bytes that were sent differed from the checksum', async () => {
    const checksum = { algorithm: 'CRC32', value: 'AAAAAA==' } as const;
    const film = world.put(3, { traits: { checksum } });
    const failed = await world.run(inputOf(film));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'SourceChecksumMismatchError' });
    expect(failed.cause).toContain('start again with force');
    await world.run({ ...inputOf(film), force: true });
    expect(world.service.calls.counts()).toMatchObject({ create: 2, put: 6 });
  });
});

describe('an asset that the service does not show at once', () => {
  it('is looked for again', async () => {
    const film = world.put(3);
    world.service.faults.add({ on: 'asset', kind: 'status', status: 404, times: 3 });
    await expectReady(world, film, await world.run(inputOf(film)));
  });
});
