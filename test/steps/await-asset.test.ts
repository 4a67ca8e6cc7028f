import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { AssetStatus } from '#src/core/transfer/destination.ts';
import { Stage } from './stage.ts';

/** A transfer whose bytes are complete, at a service whose asset is processed for so long. */
async function confirmed(processingMs = 3_600_000) {
  const stage = await Stage.set({ processingMs });
  const opened = await stage.opened(2);
  await stage.sendAll(opened);
  return { stage, state: await stage.confirm(opened) };
}

function tells(stage: Stage, status: AssetStatus): void {
  stage.override({ assetStatus: async () => status });
}

describe('AwaitAsset', () => {
  it('ends when the asset can be used', async () => {
    const { stage, state } = await confirmed(0);
    const ending = { status: 'ready', assetId: 'asset-1' };
    expect(await stage.await(state)).toMatchObject({ next: 'ended', waitSeconds: 0, ending });
  });

  it('waits longer after each look, at most five minutes', async () => {
    const { stage, state } = await confirmed();
    let looked: { next: string; waitSeconds: number } = state;
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      looked = await stage.await(looked);
      expect(looked.next).toBe('wait');
      waits.push(looked.waitSeconds);
    }
    expect(waits.slice(0, 4)).toEqual([2, 3, 5, 7]);
    expect(Math.max(...waits)).toBe(300);
  });

  it('ends by name when the asset failed, in the service’s own words', async () => {
    const { stage, state } = await confirmed();
    tells(stage, { phase: 'failed', reason: 'the codec is not supported' });
    await expect(stage.await(state)).rejects.toMatchObject({
      name: 'AssetFailedError',
      message: expect.stringContaining('the codec is not supported'),
    });
  });

  it('waits half an hour for an asset that the service does not know', async () => {
    const { stage, state } = await confirmed();
    tells(stage, { phase: 'missing' });
    const first = await stage.await(state);
    stage.bench.clock.advance(20 * 60_000);
    const second = await stage.await(first);
    expect([first.next, second.next]).toEqual(['wait', 'wait']);
    stage.bench.clock.advance(boundOf('assetMissing') * 1000);
    await expect(stage.await(second)).rejects.toMatchObject({ name: 'AssetMissingError' });
  });

  it('gives up by name when the asset is never ready', async () => {
    const { stage, state } = await confirmed(1e12);
    stage.bench.clock.advance(boundOf('readiness') * 1000);
    expect(await stage.await(state)).toMatchObject({ next: 'wait' });
    stage.bench.clock.advance(1);
    await expect(stage.await(state)).rejects.toMatchObject({ name: 'AssetNotReadyError' });
  });

  it('waits as long as a throttling service asks, and counts it', async () => {
    const { stage, state } = await confirmed();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 77 });
    stage.override({ assetStatus: () => Promise.reject(error) });
    expect(await stage.await(state)).toMatchObject({ next: 'wait', waitSeconds: 77 });
    expect((await stage.row(state)).retries).toEqual({ ThrottledError: 1 });
  });

  it('does not take looks that were never answered for an asset that is missing', async () => {
    const { stage, state } = await confirmed();
    const error = new TransferError('ThrottledError', '429');
    stage.override({ assetStatus: () => Promise.reject(error) });
    let next: object = state;
    for (let look = 0; look < 20; look++) next = stage.pause((await stage.await(next)) as never);
    stage.override({ assetStatus: async () => ({ phase: 'missing' }) });
    expect(await stage.await(next)).toMatchObject({ next: 'wait' });
  });

  it('does not bear for ever with a service that can’t be reached', async () => {
    const { stage, state } = await confirmed();
    const error = new TransferError('NetworkError', 'reset');
    stage.override({ assetStatus: () => Promise.reject(error) });
    const waiting = await stage.await(state);
    stage.bench.clock.advance(boundOf('patience') * 1000);
    await expect(stage.await(waiting)).rejects.toMatchObject({
      name: 'NetworkError',
      message: 'reset (for 360 minutes)',
    });
  });

  it('ends at once by an error that no waiting mends', async () => {
    const { stage, state } = await confirmed();
    const error = new TransferError('CredentialsRejectedError', '401');
    stage.override({ assetStatus: () => Promise.reject(error) });
    await expect(stage.await(state)).rejects.toMatchObject({ name: 'CredentialsRejectedError' });
  });

  it('ends when another execution has the transfer', async () => {
    const { stage, state } = await confirmed();
    const refused = stage.await(state, { executionId: 'execution-b' });
    await expect(refused).rejects.toMatchObject({ name: 'FencedOutError' });
  });
});
