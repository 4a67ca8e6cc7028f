import { describe, expect, it } from 'vitest';
import type { StepName } from '#src/core/stack/step-names.ts';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { type Bench, benchOptions, film, type OpenService, openBench, putFilm } from '../harness/port-harness.ts';
import { Killed, walk } from '../harness/run-transfer.ts';

const chunk = benchOptions.chunkSizeBytes;

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

/** Whole transfers in which nothing goes wrong, by the engine's own steps. */
export function describeTransfers(traits: DestinationTraits, open: OpenService): void {
  describe('by the engine', () => {
    describeBytes(traits, open);
    describeOutcome(open);
    describeRepeats(open);
  });
}

function describeBytes(traits: DestinationTraits, open: OpenService): void {
  it.each(sizes)('keeps every byte of %s', async (_, sizeBytes) => {
    const bench = await openBench(open);
    const sha256 = putFilm(bench, sizeBytes);
    const { output } = await walk(bench, film);
    expect(output.status).toBe('ready');
    expect(await bench.service.storedSha256(String(output.assetId))).toBe(sha256);
    expect(bench.asked.sends).toHaveLength(Math.ceil(sizeBytes / chunk));
  });

  it('never has more chunks in flight than the service allows', async () => {
    const bench = await openBench(open, {}, { chunksInFlight: 64, mapConcurrency: 40 });
    putFilm(bench, 200 * chunk);
    await walk(bench, film);
    expect(bench.asked.mostInFlight).toBeLessThanOrEqual(traits.maxInFlight);
  });

  if (traits.order === 'any') {
    it('has as many chunks in flight as the operator allows', async () => {
      const bench = await openBench(open, {}, { chunksInFlight: 2, mapConcurrency: 2 });
      putFilm(bench, 200 * chunk);
      await walk(bench, film);
      expect(bench.asked.mostInFlight).toBe(4);
    });
  } else {
    it('is sent one chunk after the other, in their order', async () => {
      const bench = await openBench(open, {}, { chunksInFlight: 64, mapConcurrency: 40 });
      putFilm(bench, 120 * chunk);
      await walk(bench, film);
      expect(bench.asked.mostInFlight).toBe(1);
      expect(sent(bench)).toEqual(upTo(120));
    });
  }
}

function describeOutcome(open: OpenService): void {
  it('ends with a ready asset, its row and its event written once', async () => {
    const bench = await openBench(open, { processingMs: 60_000 });
    putFilm(bench, 3 * chunk);
    const { status, output } = await walk(bench, film);
    expect(status).toBe('succeeded');
    const row = await bench.store.transfer(String(output.transferId));
    expect(row).toMatchObject({ state: 'ready', assetId: output.assetId, outcomePublished: true });
    expect(row?.outcome).toEqual(output);
    expect(bench.events.outcomes.map(({ type }) => type)).toEqual(['Transfer Ready']);
    expect(bench.service.assetIds()).toEqual([output.assetId]);
  });

  it('keeps no address, no key and no URL in its rows', async () => {
    const bench = await openBench(open);
    putFilm(bench, 60 * chunk);
    await walk(bench, film);
    const rows = bench.store.dump().replaceAll(bench.destination.identity, '');
    expect(rows).not.toMatch(/https?:|signature|api-?key/i);
  });

  it('leaves no timer behind', async () => {
    const bench = await openBench(open);
    putFilm(bench, 60 * chunk);
    await walk(bench, film);
    expect(bench.clock.pending()).toBe(0);
  });
}

function describeRepeats(open: OpenService): void {
  it('sends nothing again for a second execution after success', async () => {
    const bench = await openBench(open);
    putFilm(bench, 3 * chunk);
    const first = await walk(bench, film);
    const second = await walk(bench, film, { executionId: 'execution-b' });
    expect(second).toMatchObject({
      status: 'succeeded',
      output: { status: 'already-ingested', assetId: first.output.assetId },
    });
    expect(bench.asked).toMatchObject({ opened: 1, sends: { length: 3 } });
    expect(bench.events.outcomes).toHaveLength(1);
  });

  it('makes a further asset when forced', async () => {
    const bench = await openBench(open);
    putFilm(bench, 3 * chunk);
    await walk(bench, film);
    const { output } = await walk(bench, { ...film, force: true }, { executionId: 'execution-b' });
    expect(output).toMatchObject({ status: 'ready', ingestNumber: 2 });
    expect(bench.service.assetIds()).toHaveLength(2);
  });

  it('makes a further asset when the first is gone', async () => {
    const bench = await openBench(open);
    putFilm(bench, 3 * chunk);
    const first = await walk(bench, film);
    bench.service.deleteAsset(String(first.output.assetId));
    const { output } = await walk(bench, film, { executionId: 'execution-b' });
    expect(output).toMatchObject({ status: 'ready', ingestNumber: 2 });
  });

  it('goes on from the chunks already kept when another execution takes over', async () => {
    const bench = await openBench(open);
    const sha256 = putFilm(bench, 120 * chunk);
    const killed = walk(bench, film, { onMove: killAt('SendChunks', 2) });
    await expect(killed).rejects.toThrow(Killed);
    const { output } = await walk(bench, film, { executionId: 'execution-b' });
    expect(await bench.service.storedSha256(String(output.assetId))).toBe(sha256);
    expect(bench.asked).toMatchObject({ opened: 1, sends: { length: 120 } });
    expect(sent(bench).toSorted((a, b) => a - b)).toEqual(upTo(120));
  });

  it('makes no second asset when the execution died after the last byte', async () => {
    const bench = await openBench(open);
    putFilm(bench, 3 * chunk);
    await expect(walk(bench, film, { onMove: killAt('AwaitAsset', 1) })).rejects.toThrow(Killed);
    const { output } = await walk(bench, film, { executionId: 'execution-b' });
    expect(bench.service.assetIds()).toEqual([output.assetId]);
    const row = await bench.store.transfer(String(output.transferId));
    expect(row).toMatchObject({ state: 'ready', assetId: output.assetId, totalChunks: 3 });
    const third = await walk(bench, film, { executionId: 'execution-c' });
    expect(third.output).toMatchObject({ status: 'already-ingested', assetId: output.assetId });
  });

  it('leaves a transfer alone that another execution has in hand', async () => {
    const bench = await openBench(open);
    putFilm(bench, 3 * chunk);
    let inner: unknown;
    await walk(bench, film, {
      onMove: async (step) => {
        if (step !== 'ConfirmUpload') return;
        inner = (await walk(bench, film, { executionId: 'execution-b' })).output;
      },
    });
    expect(inner).toMatchObject({ status: 'running-elsewhere', execution: 'execution-a' });
    expect(bench.asked).toMatchObject({ opened: 1, sends: { length: 3 } });
  });
}

/** Kills an execution before the n-th call of a step. */
export function killAt(step: StepName, nth: number) {
  let seen = 0;
  return (called: StepName) => {
    if (called === step && ++seen === nth) throw new Killed();
  };
}

export function sent({ asked }: Bench): number[] {
  return asked.sends.map(({ index }) => index);
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
