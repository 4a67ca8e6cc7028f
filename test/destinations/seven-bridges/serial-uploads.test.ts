import { expect, it } from 'vitest';
import { openSevenBridges } from '../../conformance/seven-bridges-service.ts';
import { film, openPortHarness, putFilm, serviceDefaults } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';

const { chunkSizeBytes } = serviceDefaults;

/** Settings that leave the limit to the service. A sender moves 48 chunks in half of its time. */
const wide = { chunksInFlight: 16, mapConcurrency: 40, sendTimeoutMs: 5 };

async function transferOf(parts: number, parallelUploads: boolean) {
  const harness = await openPortHarness(
    (clock, options) => openSevenBridges(clock, options, { parallelUploads }),
    {},
    wide,
  );
  const sha256 = putFilm(harness, parts * chunkSizeBytes - 5);
  return { harness, sha256 };
}

it('has one part in flight if the service answers parallel_uploads: false', async () => {
  const { harness, sha256 } = await transferOf(120, false);
  const rangesAtOnce: number[] = [];
  const { output } = await runTransfer(harness, film, {
    onCall: (step, { state }) => {
      if (step === 'SendChunks') rangesAtOnce.push(Number(state.rangesAtOnce));
    },
  });
  expect(await harness.service.storedSha256(String(output.assetId))).toBe(sha256);
  expect(harness.calls).toMatchObject({ mostInFlight: 1, sends: { length: 120 } });
  expect(rangesAtOnce.length).toBeGreaterThan(1);
  expect(new Set(rangesAtOnce)).toEqual(new Set([1]));
  const session = await harness.store.session(String(output.transferId), 1);
  expect(session?.session?.maxInFlight).toBe(1);
});

it('keeps one part in flight in an execution that continues the transfer', async () => {
  const { harness, sha256 } = await transferOf(120, false);
  let calls = 0;
  await runTransfer(harness, film, {
    onCall: (step, _, kill) => {
      if (step === 'SendChunks' && ++calls === 2) kill();
    },
  });
  const { output } = await runTransfer(harness, film, { executionId: 'execution-b' });
  expect(await harness.service.storedSha256(String(output.assetId))).toBe(sha256);
  expect(harness.calls).toMatchObject({ opened: 1, mostInFlight: 1, sends: { length: 120 } });
});

it('has several parts in flight otherwise', async () => {
  const { harness } = await transferOf(120, true);
  await runTransfer(harness, film);
  expect(harness.calls.mostInFlight).toBeGreaterThan(1);
});
