import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../harness/killable-parts.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
  withTimeLimit,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

const shortSends = () => withTimeLimit(harness, 'SendChunks', 60);

/** Starts an execution, kills it after `proofs` stored proofs, and clears the recorded calls. */
async function killAfter(proofs: number, input: unknown) {
  const sandbox = startSandbox(harness, { proofs, chunksInFlight: 1 });
  const execution = harness.start(input, shortSends());
  await sandbox.killed;
  execution.kill();
  expect(await execution.result).toMatchObject({ status: 'ABORTED' });
  await execution.idle();
  harness.override({});
  harness.service.calls.clear();
  harness.s3.calls.length = 0;
  return execution;
}

describe('a new execution after a killed execution', () => {
  it('takes over its transfer and sends only the remaining chunks', async () => {
    const film = harness.put(10);
    await killAfter(4, inputOf(film));
    expect(await harness.transferOf(film)).toMatchObject({ state: 'active', fence: 1 });
    const result = await harness.run(inputOf(film), shortSends());
    await expectReady(harness, film, result);
    expect(harness.s3.chunkReads()).toBe(6);
    expect(harness.service.calls.count('put')).toBe(6);
    expect(harness.service.calls.count('create')).toBe(0);
    expect(await harness.transferOf(film)).toMatchObject({ fence: 2, owner: result.executionArn });
  });

  it('plans only the chunks without a proof, over several ranges', async () => {
    const film = harness.put(120);
    await killAfter(60, inputOf(film));
    const { transferId } = await harness.transferOf(film);
    const proven = (await harness.store.chunks(transferId, 1)).size;
    const result = await harness.run(inputOf(film), shortSends());
    await expectReady(harness, film, result);
    // The last chunk of each sender may have arrived without a stored proof.
    expect(harness.service.calls.count('put')).toBe(120 - proven);
    expect(harness.service.calls.count('create')).toBe(0);
  });

  it('compares the checksum of the object over the chunks of both executions', async () => {
    const film = harness.put(10, { traits: { checksum: { algorithm: 'CRC64NVME' } } });
    await killAfter(4, inputOf(film));
    const output = await expectReady(harness, film, await harness.run(inputOf(film), shortSends()));
    expect(output.checksum).toBe('CRC64NVME');
  });

  it('sends all chunks to a new session after the old session expired', async () => {
    const film = harness.put(10);
    await killAfter(4, inputOf(film));
    const old = harness.service.sessions().at(-1);
    harness.service.expireSession(String(old?.uploadId));
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.assetId).not.toBe(old?.assetId);
    expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 10 });
    expect(output.retries).toMatchObject({ SessionExpiredError: 1 });
  });

  it('sends no chunk twice while a function of the killed execution finishes its range', async () => {
    const film = harness.put(10);
    harness.service.faults.add({ on: 'put', kind: 'delay', ms: 2_000, times: 8 });
    const dead = harness.start(inputOf(film), shortSends());
    while (harness.s3.chunkReads() < 4) await harness.clock.sleep(100);
    dead.kill();
    const result = await harness.run(inputOf(film), shortSends());
    await dead.idle();
    await expectReady(harness, film, result);
    expect(harness.s3.chunkReads()).toBe(10);
    expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 10 });
  });

  it.each(['ConfirmUpload', 'AwaitAsset', 'RecordOutcome'])(
    'killed before %s sends nothing and reports the asset',
    async (step) => {
      const film = harness.put(5, { traits: { checksum: { algorithm: 'CRC32C' } } });
      const dead = harness.start(inputOf(film), {
        faults: ({ stateName }) => {
          if (stateName !== step) return undefined;
          dead.kill();
          return { kind: 'crash-before', error: 'Lambda.Unknown' };
        },
      });
      expect(await dead.result).toMatchObject({ status: 'ABORTED' });
      const output = await expectReady(harness, film, await harness.run(inputOf(film)));
      expect(output).toMatchObject({ chunks: 5, checksum: 'CRC32C' });
      expect(output.secondsToBytesComplete).toBeGreaterThanOrEqual(0);
      expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 5 });
      expect(await harness.transferOf(film)).toMatchObject({ assetId: output.assetId });
      expect(harness.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
    },
  );
});

describe('a new execution after a failed execution', () => {
  it('continues from its chunks after the cause is gone', async () => {
    const film = harness.put(10);
    harness.service.faults.add({ on: 'put', nth: 6, kind: 'status', status: 400, code: 'Odd' });
    const failed = await harness.run(inputOf(film));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'UploadRejectedError' });
    const { transferId } = await harness.transferOf(film);
    const kept = (await harness.store.chunks(transferId, 1)).size;
    harness.service.calls.clear();
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(kept).toBeGreaterThan(0);
    expect(harness.service.calls.count('put')).toBe(10 - kept);
    const types = harness.events(film.key).map(({ type }) => type);
    expect(types).toEqual(['Transfer Failed', 'Transfer Ready']);
  });

  it('in one range finds the chunks of all other ranges sent and reported', async () => {
    const film = harness.put(150);
    harness.service.faults.add({ on: 'put', chunk: 60, kind: 'status', status: 400 });
    expect(await harness.run(inputOf(film))).toMatchObject({ error: 'UploadRejectedError' });
    const { transferId } = await harness.transferOf(film);
    const kept = await harness.store.chunks(transferId, 1);
    const others = [...kept.keys()].filter((index) => index <= 50 || index > 100);
    expect(others).toHaveLength(100);
    const states = harness.service.sessions().at(-1)?.chunks ?? [];
    expect(states.filter(({ state }) => state === 'completed')).toHaveLength(100);
    harness.service.calls.clear();
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put')).toBe(150 - kept.size);
  });

  it('by a different checksum fails again and does not return the asset as ready', async () => {
    const checksum = { algorithm: 'CRC32', value: 'AAAAAA==' } as const;
    const film = harness.put(5, { traits: { checksum } });
    const error = 'SourceChecksumMismatchError';
    expect(await harness.run(inputOf(film))).toMatchObject({ status: 'FAILED', error });
    expect(await harness.run(inputOf(film))).toMatchObject({ status: 'FAILED', error });
    expect(harness.service.calls.count('put')).toBe(5);
  });
});
