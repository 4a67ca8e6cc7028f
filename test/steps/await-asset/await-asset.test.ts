import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { AssetStatus } from '#src/core/transfer/destination.ts';
import { StepHarness } from '../../harness/step-harness.ts';

/** Returns a transfer with complete bytes, at a service with that processing time. */
async function confirmed(processingMs = 3_600_000) {
  const harness = await StepHarness.create({ processingMs });
  const opened = await harness.openTransfer(2);
  await harness.sendAll(opened);
  return { harness, state: await harness.confirm(opened) };
}

function setStatus(harness: StepHarness, status: AssetStatus): void {
  harness.override({ assetStatus: async () => status });
}

describe('AwaitAsset', () => {
  it('ends when the asset is ready', async () => {
    const { harness, state } = await confirmed(0);
    const ending = { status: 'ready', assetId: 'asset-1' };
    expect(await harness.await(state)).toMatchObject({ next: 'ended', waitSeconds: 0, ending });
  });

  it('waits longer after each check, up to five minutes', async () => {
    const { harness, state } = await confirmed();
    let checked: { next: string; waitSeconds: number } = state;
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      checked = await harness.await(checked);
      expect(checked.next).toBe('wait');
      waits.push(checked.waitSeconds);
    }
    expect(waits.slice(0, 4)).toEqual([2, 3, 5, 7]);
    expect(Math.max(...waits)).toBe(300);
  });

  it('fails with the reason of the service if the asset failed', async () => {
    const { harness, state } = await confirmed();
    setStatus(harness, { phase: 'failed', reason: 'the codec is not supported' });
    await expect(harness.await(state)).rejects.toMatchObject({
      name: 'AssetFailedError',
      message: expect.stringContaining('the codec is not supported'),
    });
  });

  it('waits half an hour for an asset that the service does not know', async () => {
    const { harness, state } = await confirmed();
    setStatus(harness, { phase: 'missing' });
    const first = await harness.await(state);
    harness.doubles.clock.advance(20 * 60_000);
    const second = await harness.await(first);
    expect([first.next, second.next]).toEqual(['wait', 'wait']);
    harness.doubles.clock.advance(boundOf('assetMissing') * 1000);
    await expect(harness.await(second)).rejects.toMatchObject({ name: 'AssetMissingError' });
  });

  it('fails by name if the asset is never ready', async () => {
    const { harness, state } = await confirmed(1e12);
    harness.doubles.clock.advance(boundOf('readiness') * 1000);
    expect(await harness.await(state)).toMatchObject({ next: 'wait' });
    harness.doubles.clock.advance(1);
    await expect(harness.await(state)).rejects.toMatchObject({ name: 'AssetNotReadyError' });
  });

  it('waits as long as a throttling service requests, and counts the retry', async () => {
    const { harness, state } = await confirmed();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 77 });
    harness.override({ assetStatus: () => Promise.reject(error) });
    expect(await harness.await(state)).toMatchObject({ next: 'wait', waitSeconds: 77 });
    expect((await harness.row(state)).retries).toEqual({ ThrottledError: 1 });
  });

  it('does not count failed checks as a missing asset', async () => {
    const { harness, state } = await confirmed();
    const error = new TransferError('ThrottledError', '429');
    harness.override({ assetStatus: () => Promise.reject(error) });
    let next: object = state;
    for (let check = 0; check < 20; check++)
      next = harness.waitFor((await harness.await(next)) as never);
    harness.override({ assetStatus: async () => ({ phase: 'missing' }) });
    expect(await harness.await(next)).toMatchObject({ next: 'wait' });
  });

  it('fails after six hours if the service is unreachable', async () => {
    const { harness, state } = await confirmed();
    const error = new TransferError('NetworkError', 'reset');
    harness.override({ assetStatus: () => Promise.reject(error) });
    const waiting = await harness.await(state);
    harness.doubles.clock.advance(boundOf('patience') * 1000);
    await expect(harness.await(waiting)).rejects.toMatchObject({
      name: 'OutageTooLongError',
      message: 'reset (NetworkError for 360 minutes)',
    });
  });

  it('fails at once with a final error', async () => {
    const { harness, state } = await confirmed();
    const error = new TransferError('CredentialsRejectedError', '401');
    harness.override({ assetStatus: () => Promise.reject(error) });
    await expect(harness.await(state)).rejects.toMatchObject({ name: 'CredentialsRejectedError' });
  });

  it('fails if another execution owns the transfer', async () => {
    const { harness, state } = await confirmed();
    const rejected = harness.await(state, { executionId: 'execution-b' });
    await expect(rejected).rejects.toMatchObject({ name: 'FencedOutError' });
  });
});
