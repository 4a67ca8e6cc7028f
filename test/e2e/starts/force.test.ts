import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

describe('a forced start', () => {
  it('makes one further asset although its function is killed and called again', async () => {
    const film = harness.put(3);
    await harness.run(inputOf(film));
    const result = await harness.run(
      { ...inputOf(film), force: true },
      {
        faults: ({ stateName, attempt }) =>
          stateName === 'OpenSession' && attempt === 1
            ? { kind: 'crash-after', error: 'Lambda.Unknown' }
            : undefined,
      },
    );
    expect(await expectReady(harness, film, result)).toMatchObject({ ingestNumber: 2 });
    expect(harness.service.calls.count('create')).toBe(2);
  });

  it('makes a transfer of its own, and a later start without force finds its asset', async () => {
    const film = harness.put(3);
    const first = await expectReady(harness, film, await harness.run(inputOf(film)));
    const forced = await harness.run({ ...inputOf(film), force: true });
    const second = await expectReady(harness, film, forced);
    expect(second.ingestNumber).toBe(2);
    expect(second.assetId).not.toBe(first.assetId);
    expect(second.transferId).not.toBe(first.transferId);
    const { output } = await harness.run(inputOf(film));
    expect(output).toMatchObject({ status: 'already-ingested', assetId: second.assetId });
  });
});

describe('a forced start after an error that names it as the next step', () => {
  it('sends all chunks again if the asset was deleted during processing', async () => {
    const film = harness.put(3);
    harness.service.switches.assetReadyAfterMs = 20_000;
    const act = () =>
      harness.service.deleteAsset(String(harness.service.sessions().at(-1)?.assetId));
    harness.service.faults.add({ on: 'asset', kind: 'callback', act });
    harness.clock.setFactor(1_000);
    const failed = await harness.run(inputOf(film));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'AssetMissingError' });
    expect(failed.cause).toContain('waits for it again and sends no chunk');
    await expectReady(harness, film, await harness.run({ ...inputOf(film), force: true }));
    expect(harness.service.calls.counts()).toMatchObject({ create: 2, put: 6 });
  });

  it('sends all chunks again if the bytes differ from the checksum', async () => {
    const checksum = { algorithm: 'CRC32', value: 'AAAAAA==' } as const;
    const film = harness.put(3, { traits: { checksum } });
    const failed = await harness.run(inputOf(film));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'SourceChecksumMismatchError' });
    expect(failed.cause).toContain('start again with force');
    await harness.run({ ...inputOf(film), force: true });
    expect(harness.service.calls.counts()).toMatchObject({ create: 2, put: 6 });
  });
});

describe('an asset that the service does not find at first', () => {
  it('is checked again', async () => {
    const film = harness.put(3);
    harness.service.faults.add({ on: 'asset', kind: 'status', status: 404, times: 3 });
    await expectReady(harness, film, await harness.run(inputOf(film)));
  });
});
