import { describe, expect, it } from 'vitest';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { StepHarness } from '../../harness/step-harness.ts';

/** Creates a service that makes a second media if `finish` is repeated. */
function finishedOnce(...[clock, options]: ConstructorParameters<typeof Serial>): Serial {
  const service = new Serial(clock, options);
  const traits: DestinationTraits = { ...service.traits, finishOnce: true };
  return Object.assign(service, { traits });
}

/** Opens a transfer whose chunks have all been sent. */
async function sent() {
  const harness = await StepHarness.createWith(finishedOnce);
  const opened = await harness.openTransfer(3);
  await harness.sendAll(opened);
  const finished = () => harness.doubles.calls.finished;
  const claim = async () =>
    (await harness.doubles.store.session(opened.transferId, 1))?.finishClaim;
  return { harness, opened, finished, claim };
}

const unknown = { name: 'CompletionUnknownError' };

describe('a completion that must not be repeated', () => {
  it('is requested once, and its asset is recorded', async () => {
    const { harness, opened, finished } = await sent();
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(finished()).toBe(1);
  });

  it('is not repeated if the call crashed before it recorded the result', async () => {
    const { harness, opened, finished } = await sent();
    harness.doubles.store.failNext('updateSession');
    await expect(harness.confirm(opened)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    await expect(harness.confirm(opened)).rejects.toMatchObject(unknown);
    expect([finished(), harness.service.assetIds()]).toEqual([1, ['media-1']]);
  });

  it('is not repeated, and no new session opens, if the service then forgets the upload', async () => {
    const { harness, opened, finished } = await sent();
    harness.doubles.store.failNext('updateSession');
    await expect(harness.confirm(opened)).rejects.toThrow();
    harness.service.forgetSessions();
    await expect(harness.confirm(opened)).rejects.toMatchObject(unknown);
    harness.doubles.clock.advance(24 * 3_600_000);
    const takeOver = harness.inspect();
    await expect(
      harness.open(await takeOver, { executionId: 'execution-b' }),
    ).rejects.toMatchObject(unknown);
    expect([finished(), harness.service.assetIds()]).toEqual([1, ['media-1']]);
  });

  it('is not requested by a second call at the same time', async () => {
    const { harness, opened, finished } = await sent();
    await harness.doubles.store.claimFinish(opened.transferId, 1, 'another-call');
    await expect(harness.confirm(opened)).rejects.toMatchObject(unknown);
    expect(finished()).toBe(0);
  });

  it.each<[ErrorName, boolean]>([
    ['ThrottledError', false],
    ['ServiceUnavailableError', false],
    ['RequestRejectedError', false],
    ['SessionExpiredError', false],
    ['CompletionUnknownError', true],
    ['ProtocolViolationError', true],
  ])('after %s is still claimed: %s', async (name, isClaimed) => {
    const { harness, opened, claim } = await sent();
    harness.override({ finish: () => Promise.reject(new TransferError(name, 'planned')) });
    await harness.confirm(opened).catch(() => {});
    expect((await claim()) !== undefined).toBe(isClaimed);
  });

  it('is requested again after a rejection without effect', async () => {
    const { harness, opened } = await sent();
    harness.service.faults.failCall('finish', 'throttled');
    const waiting = await harness.confirm(opened);
    expect(waiting).toMatchObject({ next: 'wait' });
    expect(await harness.confirm(harness.waitFor(waiting))).toMatchObject({ next: 'asset' });
    expect(await harness.service.assetIds()).toEqual(['media-1']);
  });
});
