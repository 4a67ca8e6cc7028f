import { describe, expect, it } from 'vitest';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { describeOutcome } from '#src/outcome/outcome.ts';
import { checksumOf, sampleBytes } from '../../doubles/memory/memory-source.ts';
import { chunkBytes, StepHarness } from '../../harness/step-harness.ts';

/** Returns a store whose chunks have no CRC. */
function withoutCrcs(store: TransferStore): TransferStore {
  return {
    ...store,
    chunks: async (...which) => {
      const rows = await store.chunks(...which);
      return new Map([...rows].map(([index, row]) => [index, { ...row, crc: undefined }]));
    },
  };
}

describe('the checksum of the whole object', () => {
  const algorithms: CrcAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME'];

  it.each(algorithms)('%s matches the checksum of the chunks that were sent', async (algorithm) => {
    const harness = await StepHarness.create();
    const checksum = await checksumOf(algorithm, sampleBytes(5 * chunkBytes));
    const opened = await harness.openTransfer(5, { checksum });
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it.each(algorithms)('%s that differs fails the transfer by name', async (algorithm) => {
    const harness = await StepHarness.create();
    const checksum = await checksumOf(algorithm, sampleBytes(5 * chunkBytes, 'another film'));
    const opened = await harness.openTransfer(5, { checksum });
    await harness.sendAll(opened);
    await expect(harness.confirm(opened)).rejects.toMatchObject({
      name: 'SourceChecksumMismatchError',
      message: expect.stringContaining(checksum.value),
    });
    // The operator must delete the asset, so the row contains its id.
    expect(await harness.row(opened)).toMatchObject({ assetId: 'asset-1' });
  });

  it.each([
    ['agrees', 'film', 'asset'],
    ['differs', 'another film', 'SourceChecksumMismatchError'],
  ])(
    'that %s is also compared with a retired proof whose bytes had arrived',
    async (_, content, end) => {
      const harness = await StepHarness.create();
      const checksum = await checksumOf('CRC32', sampleBytes(5 * chunkBytes, content));
      const opened = await harness.openTransfer(5, { checksum });
      await harness.sendAll(opened);
      await harness.doubles.store.retireProof(
        opened.transferId,
        1,
        2,
        1,
        'the service rejects its proof',
      );
      const confirmed = harness.confirm(opened).then(
        ({ next }) => next,
        ({ name }) => name,
      );
      expect(await confirmed).toBe(end);
    },
  );

  it('that was not compared is reported as not compared', async () => {
    const harness = await StepHarness.create();
    const checksum = await checksumOf('CRC32', sampleBytes(5 * chunkBytes));
    const opened = await harness.openTransfer(5, { checksum });
    await harness.sendAll(opened);
    harness.ports = { ...harness.ports, store: withoutCrcs(harness.ports.store) };
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    const outcome = await describeOutcome(
      harness.ports,
      await harness.row(opened),
      { executionStartedAt: 0 },
      {},
    );
    expect(outcome).toMatchObject({ checksum: 'none', checksumNotCompared: 'FULL_OBJECT CRC32' });
  });

  it('of an unsupported kind is named in the outcome', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(5, { otherChecksum: 'COMPOSITE SHA256' });
    await harness.sendAll(opened);
    await harness.confirm(opened);
    const outcome = await describeOutcome(
      harness.ports,
      await harness.row(opened),
      { executionStartedAt: 0 },
      {},
    );
    expect(outcome).toMatchObject({ checksum: 'none', checksumNotCompared: 'COMPOSITE SHA256' });
  });
});
