import { describe, expect, it } from 'vitest';
import { maxChunksPerRange } from '#src/core/limits/limits.ts';
import { ServiceSized } from '../doubles/destinations/service-sized.ts';
import { film, openPortHarness, putFilm, serviceDefaults } from '../harness/port-harness.ts';
import { runTransfer } from '../harness/run-transfer.ts';

/** Runs a transfer of many chunks through the deployed state machine. */
async function transfer(chunks: number) {
  const harness = await openPortHarness(
    async (clock, options) => new ServiceSized(clock, options),
    { maxBytes: 4 * serviceDefaults.maxBytes },
  );
  putFilm(harness, chunks * serviceDefaults.chunkSizeBytes);
  const result = await runTransfer(harness, film);
  expect(result.output).toMatchObject({ status: 'ready', chunks });
  return result;
}

describe('the state machine', () => {
  it('takes at most 65 transitions without polls for 820 chunks in 17 ranges', async () => {
    const { entered, transitions, historyEvents } = await transfer(820);
    const polls = (entered.WaitForAsset ?? 0) * 3 + (entered.WaitToConfirm ?? 0) * 3;
    expect(transitions - polls).toBeLessThanOrEqual(65);
    expect(entered.SendChunks).toBe(17);
    expect(historyEvents).toBeLessThan(1000);
  });

  it('passes less than 4 KB between steps for 41 ranges', async () => {
    const { largestPayloadBytes } = await transfer(41 * maxChunksPerRange);
    expect(largestPayloadBytes).toBeLessThan(4096);
  });
});
