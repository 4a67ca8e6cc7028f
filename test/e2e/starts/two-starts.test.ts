import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  expectReady,
  inputOf,
  openWireHarness,
  versionedBucket,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

describe('a second start for the same object version', () => {
  it('returns the asset after success and sends nothing', async () => {
    const film = harness.put(3);
    const { assetId } = await expectReady(harness, film, await harness.run(inputOf(film)));
    harness.service.calls.clear();
    const again = await harness.run(inputOf(film));
    expect(again).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'already-ingested', assetId },
    });
    expect(harness.service.calls.counts()).toEqual({ asset: 1 });
    expect(harness.events(film.key)).toHaveLength(1);
  });

  it('makes a further ingest after the asset was deleted at the service', async () => {
    const film = harness.put(3);
    const { assetId } = await expectReady(harness, film, await harness.run(inputOf(film)));
    harness.service.deleteAsset(String(assetId));
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output).toMatchObject({ ingestNumber: 2 });
  });

  it('of another version is a transfer of its own', async () => {
    const film = harness.put(3, { bucket: versionedBucket });
    const first = await expectReady(harness, film, await harness.run(inputOf(film)));
    const newer = harness.put(4, { bucket: versionedBucket, key: film.key });
    const second = await expectReady(harness, newer, await harness.run(inputOf(newer)));
    expect(second).toMatchObject({ ingestNumber: 1 });
    expect(second.assetId).not.toBe(first.assetId);
  });

  it('opens a new session after a failed asset', async () => {
    const film = harness.put(3);
    harness.service.switches.assetFailure = 'could not be read';
    expect(await harness.run(inputOf(film))).toMatchObject({
      status: 'FAILED',
      error: 'AssetFailedError',
    });
    harness.service.switches.assetFailure = undefined;
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(2);
  });
});
