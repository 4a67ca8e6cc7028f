import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { StepHarness } from '../../harness/step-harness.ts';

const [a, b] = ['execution-a', 'execution-b'];

/** Returns a transfer that execution a owns, and the state with which execution b starts. */
async function ownedTransfer() {
  const harness = await StepHarness.create();
  putFilm(harness.doubles, 3000);
  const inspected = await harness.inspect();
  const opened = await harness.open(inspected, { executionId: a });
  return { harness, inspected, opened };
}

describe('takeTransfer', () => {
  it('succeeds for one of many executions that start at once', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 3000);
    const inspected = await harness.inspect();
    const ids = Array.from({ length: 8 }, (_, i) => `execution-${i}`);
    for (const id of ids) harness.doubles.executions.states.set(id, 'running');
    const opened = await Promise.all(
      ids.map((executionId) => harness.open(inspected, { executionId })),
    );
    expect(opened.filter(({ next }) => next === 'send')).toHaveLength(1);
    const others = opened.filter(({ next }) => next === 'ended');
    expect(others).toHaveLength(7);
    for (const other of others) {
      expect(other).toMatchObject({ ending: { status: 'running-elsewhere' } });
    }
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('fails while the owner runs, even after the end of its lease', async () => {
    const { harness, inspected } = await ownedTransfer();
    harness.doubles.executions.states.set(a, 'running');
    harness.doubles.clock.advance(leaseSeconds * 1000 * 5);
    const { ending } = (await harness.open(inspected, { executionId: b })) as { ending: object };
    expect(ending).toMatchObject({ status: 'running-elsewhere', execution: a, key: film.key });
  });

  it('succeeds as soon as the owner has ended', async () => {
    const { harness, inspected, opened } = await ownedTransfer();
    harness.doubles.executions.states.set(a, 'ended');
    const taken = await harness.open(inspected, { executionId: b });
    expect(taken).toMatchObject({ next: 'send', fence: 2, sessionNumber: 1 });
    const error = { name: 'FencedOutError', message: expect.stringContaining(b) };
    await expect(harness.confirm(opened, { executionId: a })).rejects.toMatchObject(error);
  });

  it('waits for the end of the lease if the state of the owner is unknown', async () => {
    const { harness, inspected } = await ownedTransfer();
    harness.doubles.clock.advance(leaseSeconds * 1000);
    const held = await harness.open(inspected, { executionId: b });
    expect(held).toMatchObject({ ending: { status: 'running-elsewhere' } });
    harness.doubles.clock.advance(1);
    const taken = await harness.open(inspected, { executionId: b });
    expect(taken).toMatchObject({ next: 'send', fence: 2 });
  });

  it('respects a lease that the owner renewed', async () => {
    const { harness, inspected, opened } = await ownedTransfer();
    harness.doubles.clock.advance((leaseSeconds - 100) * 1000);
    await harness.confirm(opened, { executionId: a });
    harness.doubles.clock.advance((leaseSeconds - 100) * 1000);
    const held = await harness.open(inspected, { executionId: b });
    expect(held).toMatchObject({ ending: { status: 'running-elsewhere' } });
  });

  it('succeeds without a check when the same execution repeats it', async () => {
    const { harness, inspected } = await ownedTransfer();
    const again = await harness.open(inspected, { executionId: a });
    expect(again).toMatchObject({ next: 'send', fence: 2, sessionNumber: 1 });
    expect(harness.doubles.executions.statusCalls).toBe(0);
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('continues a failed transfer', async () => {
    const { harness, inspected, opened } = await ownedTransfer();
    const error = { Error: 'UploadFailedError', Cause: '' };
    await harness.record({ ...opened, errorIn: { AwaitAsset: error } }, { executionId: a });
    const taken = await harness.open(inspected, { executionId: b });
    expect(taken).toMatchObject({ next: 'send', fence: 2, sessionNumber: 1 });
    expect(await harness.row(opened)).toMatchObject({ state: 'active', outcomePublished: false });
  });

  it('returns the existing asset', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 3000);
    const { output } = await runTransfer(harness.doubles, film);
    const opened = await harness.open(await harness.inspect(), { executionId: b });
    const { transferId, assetId, etag } = output;
    expect(opened).toEqual({
      next: 'ended',
      waitSeconds: 0,
      ending: { status: 'already-ingested', transferId, assetId, etag, ...film },
    });
  });
});

/** Returns an ingested film, and the state of a forced start. */
async function forcedAgain() {
  const harness = await StepHarness.create();
  putFilm(harness.doubles, 3000);
  const { output } = await runTransfer(harness.doubles, film);
  const forced = await harness.inspect({ ...film, force: true });
  return { harness, forced, output };
}

/** Opens while one method of the table fails. */
async function openWithout(
  harness: StepHarness,
  method: 'takeTransfer' | 'raiseIngestNumber',
  inspected: Parameters<StepHarness['open']>[0],
): Promise<void> {
  const { ports } = harness;
  const fail = async () => Promise.reject(new TransferError('TableUnavailableError', 'no'));
  harness.ports = { ...ports, store: { ...ports.store, [method]: fail } };
  await expect(harness.open(inspected, { executionId: b })).rejects.toThrow();
  harness.ports = ports;
}

describe('another ingest', () => {
  it('is started by force, with its own number', async () => {
    const { harness, forced, output } = await forcedAgain();
    const opened = await harness.open(forced, { executionId: b });
    const row = await harness.row(opened);
    expect(row).toMatchObject({ ingestNumber: 2, state: 'active' });
    expect(row.transferId).not.toBe(output.transferId);
  });

  it('is not repeated by a forced start that stopped after its number, if another start finished it', async () => {
    const { harness, forced } = await forcedAgain();
    await openWithout(harness, 'takeTransfer', forced);
    await runTransfer(harness.doubles, film, { executionId: 'execution-c' });
    const again = await harness.open(forced, { executionId: b });
    expect(again).toMatchObject({ next: 'ended', ending: { status: 'already-ingested' } });
    expect(await harness.doubles.store.latestIngestNumber(forced.objectId)).toBe(2);
  });

  it('is started by a forced start that stopped before its number', async () => {
    const { harness, forced } = await forcedAgain();
    await openWithout(harness, 'raiseIngestNumber', forced);
    await harness.open(forced, { executionId: b });
    expect(await harness.doubles.store.latestIngestNumber(forced.objectId)).toBe(2);
  });

  it('is not repeated by a forced start that is retried', async () => {
    const { harness, forced } = await forcedAgain();
    const first = await harness.open(forced, { executionId: b });
    const again = await harness.open(forced, { executionId: b });
    expect((await harness.row(again)).transferId).toBe((await harness.row(first)).transferId);
    expect(await harness.doubles.store.latestIngestNumber(forced.objectId)).toBe(2);
  });

  it('is started if the service lost the asset', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 3000);
    const { output } = await runTransfer(harness.doubles, film);
    harness.service.deleteAsset(String(output.assetId));
    const opened = await harness.open(await harness.inspect(), { executionId: b });
    expect(await harness.row(opened)).toMatchObject({ ingestNumber: 2 });
  });

  it('is started by force after an asset disappeared before it was ready', async () => {
    const harness = await StepHarness.create({ processingMs: 3_600_000 });
    putFilm(harness.doubles, 3000);
    const first = await runTransfer(harness.doubles, film, {
      onCall: (step) => {
        if (step === 'AwaitAsset') harness.service.deleteAsset('asset-1');
      },
    });
    expect(first.error).toBe('AssetMissingError');
    const { output } = await runTransfer(
      harness.doubles,
      { ...film, force: true },
      { executionId: b },
    );
    expect(output).toMatchObject({ status: 'ready', assetId: 'asset-2' });
  });

  it('is started by force after a checksum mismatch', async () => {
    const harness = await StepHarness.create();
    const checksum = { algorithm: 'CRC32', value: 'AAAAAA==' } as const;
    putFilm(harness.doubles, 3000, { checksum });
    expect((await runTransfer(harness.doubles, film)).error).toBe('SourceChecksumMismatchError');
    harness.service.deleteAsset('asset-1');
    await runTransfer(harness.doubles, { ...film, force: true }, { executionId: b });
    expect(harness.doubles.events.outcomes.at(-1)?.detail).toMatchObject({ ingestNumber: 2 });
  });
});

it.each([
  ['starts another ingest after a contradiction of the service', 'ProtocolViolationError', 2],
  ['continues an ingest after a contradiction of the source', 'SourceProtocolError', 1],
] as const)('a forced start %s', async (_, error, ingest) => {
  const harness = await StepHarness.create();
  const opened = await harness.openTransfer(3);
  const outcome = { status: 'failed', error };
  const patch = { state: 'failed', outcome } as const;
  await harness.doubles.store.patchTransfer(opened.transferId, opened.fence, patch, 0);
  const inspected = await harness.inspect({ ...film, force: true });
  const again = await harness.open(inspected, { executionId: 'execution-b' });
  expect((await harness.row(again)).ingestNumber).toBe(ingest);
});
