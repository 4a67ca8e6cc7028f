import { describe, expect, it } from 'vitest';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';
import { planRange, provenChunks, rangeRow } from './send-harness.ts';

describe('a proof', () => {
  it('counts only once it is written: without it the chunk is sent again', async () => {
    const { harness, opened, item } = await planRange(1);
    harness.doubles.store.failNext('storeProof');
    await harness.send(item);
    expect((await provenChunks(harness, opened)).size).toBe(0);
    await harness.send(item);
    expect((await provenChunks(harness, opened)).size).toBe(1);
  });

  it('is not replaced if another sender stored it first', async () => {
    const { harness, opened, item } = await planRange(1);
    const { sendChunk } = harness.ports.destination;
    const other = { index: 1, sizeBytes: 1024, proof: 'other', md5: 'other' };
    harness.override({
      sendChunk: async (...args) => {
        await harness.doubles.store.storeProof(opened.transferId, 1, other);
        return sendChunk(...args);
      },
    });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect((await provenChunks(harness, opened)).get(1)).toMatchObject(other);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ ProofConflict: 1 });
  });

  it('replaces a retired proof', async () => {
    const { harness, opened, item } = await planRange(1);
    await harness.send(item);
    await harness.doubles.store.retireProof(opened.transferId, 1, 1, 1, 'lost');
    await harness.send(item);
    expect((await provenChunks(harness, opened)).get(1)).toMatchObject({
      generation: 2,
      reports: 0,
    });
    expect((await provenChunks(harness, opened)).get(1)?.retiredBecause).toBeUndefined();
  });

  it('contains the CRC of its bytes if the object has a checksum', async () => {
    const harness = await StepHarness.create();
    const checksum = { algorithm: 'CRC32C', value: 'AAAAAA==' } as const;
    const opened = await harness.openTransfer(2, { checksum });
    await harness.send(itemOf(opened));
    for (const { crc } of (await provenChunks(harness, opened)).values()) {
      expect(crc).toMatch(/^[\w+/]{6}==$/);
    }
  });
});
