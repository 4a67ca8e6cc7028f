import { expect } from 'vitest';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import {
  film,
  type OpenService,
  openPortHarness,
  type PortHarness,
  putFilm,
  serviceDefaults,
} from '../harness/port-harness.ts';
import { runTransfer } from '../harness/run-transfer.ts';
import { describe, it } from './behaviours.ts';
import { storedBytes } from './direct-upload.ts';

const chunk = serviceDefaults.chunkSizeBytes;

const sizes: readonly [string, number][] = [
  ['1 byte', 1],
  ['a chunk less 1 byte', chunk - 1],
  ['a chunk', chunk],
  ['a chunk and 1 byte', chunk + 1],
  ['several chunks', 7 * chunk],
  ['a range of chunks', 50 * chunk],
  ['a range and 1 byte', 50 * chunk + 1],
  ['several ranges', 120 * chunk + 5],
];

/** Describes complete transfers without faults, run by the engine. */
export function describeTransfers(traits: DestinationTraits, open: OpenService): void {
  describe('by the engine', () => {
    describeBytes(traits, open);
    describeOutcome(open);
    describeRepeats(open);
  });
}

function describeBytes(traits: DestinationTraits, open: OpenService): void {
  for (const [name, sizeBytes] of sizes) {
    it(`keeps every byte of ${name}`, async () => {
      const harness = await openPortHarness(open);
      const sha256 = putFilm(harness, sizeBytes);
      const { output, cause } = await runTransfer(harness, film);
      expect(output.status, cause).toBe('ready');
      expect(await harness.service.storedSha256(String(output.assetId)), storedBytes).toBe(sha256);
      expect(harness.calls.sends).toHaveLength(Math.ceil(sizeBytes / chunk));
    });
  }

  if (traits.order === 'any') {
    it('has at most the chunks in flight that the service allows', async () => {
      const { calls } = await sendAtOnce(open, { chunksInFlight: 64, mapConcurrency: 40 });
      expect(calls.mostInFlight).toBeLessThanOrEqual(traits.maxInFlight);
    });

    it('has as many chunks in flight as the operator allows', async () => {
      const { calls } = await sendAtOnce(open, { chunksInFlight: 2, mapConcurrency: 2 });
      expect(calls.mostInFlight).toBe(4);
    });
  } else {
    it('sends one chunk after the other in order, however many the operator allows', async () => {
      const harness = await sendAtOnce(open, { chunksInFlight: 64, mapConcurrency: 40 });
      expect(harness.calls.mostInFlight).toBe(1);
      expect(sent(harness)).toEqual(upTo(manyChunks));
    });
  }
}

/** More chunks than any service takes at once. */
const manyChunks = 200;

async function sendAtOnce(
  open: OpenService,
  atOnce: { readonly chunksInFlight: number; readonly mapConcurrency: number },
): Promise<PortHarness> {
  const harness = await openPortHarness(open, {}, atOnce);
  putFilm(harness, manyChunks * chunk);
  await runTransfer(harness, film);
  return harness;
}

function describeOutcome(open: OpenService): void {
  it('ends with a ready asset, one row and one event', async () => {
    const harness = await openPortHarness(open, { processingMs: 60_000 });
    putFilm(harness, 3 * chunk);
    const { status, output, cause } = await runTransfer(harness, film);
    expect(status, cause).toBe('SUCCEEDED');
    const row = await harness.store.transfer(String(output.transferId));
    expect(row).toMatchObject({ state: 'ready', assetId: output.assetId, outcomePublished: true });
    expect(row?.outcome).toEqual(output);
    expect(harness.events.outcomes.map(({ type }) => type)).toEqual(['Transfer Ready']);
    expect(await harness.service.assetIds()).toEqual([output.assetId]);
  });

  it('leaves no timer behind, and no address, key or URL in its rows', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 60 * chunk);
    await runTransfer(harness, film);
    expect(harness.clock.pending()).toBe(0);
    const rows = harness.store.dump().replaceAll(harness.destination.identity, '');
    const found = /.{0,20}(?:https?:|signature|api-?key)/i.exec(rows)?.[0];
    expect(found, 'an address, a key or a URL in a row').toBeUndefined();
  });
}

/** A sender moves 48 chunks in half of this time, so that is the length of a range. */
export const shortRanges = { sendTimeoutMs: 5 };

function describeRepeats(open: OpenService): void {
  it('sends nothing again for a second execution after success', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 3 * chunk);
    const first = await runTransfer(harness, film);
    const second = await runTransfer(harness, film, { executionId: 'execution-b' });
    expect(second).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'already-ingested', assetId: first.output.assetId },
    });
    expect(harness.calls).toMatchObject({ opened: 1, sends: { length: 3 } });
    expect(harness.events.outcomes).toHaveLength(1);
  });

  it('makes a further asset when forced', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 3 * chunk);
    await runTransfer(harness, film);
    const { output } = await runTransfer(
      harness,
      { ...film, force: true },
      { executionId: 'execution-b' },
    );
    expect(output).toMatchObject({ status: 'ready', ingestNumber: 2 });
    expect(await harness.service.assetIds()).toHaveLength(2);
  });

  it('makes a further asset if the first is deleted', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 3 * chunk);
    const first = await runTransfer(harness, film);
    await harness.service.deleteAsset(String(first.output.assetId));
    const { output } = await runTransfer(harness, film, { executionId: 'execution-b' });
    expect(output).toMatchObject({ status: 'ready', ingestNumber: 2 });
  });

  it('continues from the stored chunks in another execution', async () => {
    const harness = await openPortHarness(open, {}, shortRanges);
    const sha256 = putFilm(harness, 120 * chunk);
    const killed = await runTransfer(harness, film, { onCall: killAt('SendChunks', 2) });
    expect(killed.status).toBe('ABORTED');
    const { output } = await runTransfer(harness, film, { executionId: 'execution-b' });
    expect(await harness.service.storedSha256(String(output.assetId)), storedBytes).toBe(sha256);
    expect(harness.calls).toMatchObject({ opened: 1, sends: { length: 120 } });
    expect(sent(harness).toSorted((a, b) => a - b)).toEqual(upTo(120));
  });

  it('makes no second asset if the execution died after the last byte', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 3 * chunk);
    const killed = await runTransfer(harness, film, { onCall: killAt('AwaitAsset', 1) });
    expect(killed.status).toBe('ABORTED');
    const { output } = await runTransfer(harness, film, { executionId: 'execution-b' });
    expect(await harness.service.assetIds()).toEqual([output.assetId]);
    const row = await harness.store.transfer(String(output.transferId));
    expect(row).toMatchObject({ state: 'ready', assetId: output.assetId, totalChunks: 3 });
    const third = await runTransfer(harness, film, { executionId: 'execution-c' });
    expect(third.output).toMatchObject({ status: 'already-ingested', assetId: output.assetId });
  });

  it('does not change the transfer of a running execution', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 3 * chunk);
    let inner: unknown;
    await runTransfer(harness, film, {
      onCall: async (step) => {
        if (step !== 'ConfirmUpload') return;
        inner = (await runTransfer(harness, film, { executionId: 'execution-b' })).output;
      },
    });
    expect(inner).toMatchObject({ status: 'running-elsewhere', execution: 'execution-a' });
    expect(harness.calls).toMatchObject({ opened: 1, sends: { length: 3 } });
  });
}

/** Returns an `onCall` that kills the execution before the n-th call of a step. */
function killAt(step: FunctionName, nth: number) {
  let seen = 0;
  return (called: FunctionName, _: unknown, kill: () => void) => {
    if (called === step && ++seen === nth) kill();
  };
}

export function sent({ calls }: PortHarness): number[] {
  return calls.sends.map(({ index }) => index);
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
