import { describe, expect, it } from 'vitest';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { film, openPortHarness, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { bridge } from './bridged.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const zeros = Buffer.alloc(MiB);

describe('the calls for one file at Seven Bridges', () => {
  it('are at most 40 for 4 GiB, in 16 parts', async () => {
    const bridged = await bridge({ partSize: 'negotiated', store: 'discard' });
    const { bridges, simulator } = bridged;
    const { faults, storedSha256 } = { faults: {} as never, storedSha256: async () => '' };
    const service = {
      ...{ destination: bridges, faults, storedSha256 },
      assetIds: () => simulator.entries().map(({ id }) => id),
      forgetSessions: () => {},
      deleteAsset: () => {},
    };
    const harness = await openPortHarness(async () => service);
    putFilm(harness, 1, { sizeBytes: 4 * GiB });
    harness.ports.source.read = async function* (_, range) {
      for (let left = lengthOf(range); left > 0; left -= zeros.length)
        yield left < zeros.length ? zeros.subarray(0, left) : zeros;
    };
    const { output } = await runTransfer(harness, film);
    expect(output).toMatchObject({ status: 'ready', chunks: 16 });
    const api = simulator.calls.filter(({ operation }) => operation !== 'put');
    const counts = Object.groupBy(api, ({ operation }) => operation);
    const numbers = Object.entries(counts).map(([name, calls]) => `${name} ${calls.length}`);
    console.warn(`calls for 4 GiB: ${api.length} (${numbers.join(', ')})`);
    expect(api.length).toBeLessThanOrEqual(40);
  });
});
