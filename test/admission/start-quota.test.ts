import { expect, it } from 'vitest';
import { createStartQuota } from '#src/admission/start-quota.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxStartsPerSecond } from '#src/core/limits/limits.ts';
import { StepHarness } from '../harness/step-harness.ts';

async function openQuota(writesMs: readonly number[] = []) {
  const harness = await StepHarness.create();
  const { clock, queue } = harness.doubles;
  const reserved: [second: number, count: number][] = [];
  const reserveStarts: typeof queue.reserveStarts = (second, count, limit) => {
    reserved.push([second - Math.floor(startedAt / 1000), count]);
    clock.advance(writesMs[reserved.length - 1] ?? 0);
    return queue.reserveStarts(second, count, limit);
  };
  const startedAt = clock.now();
  const ports = { ...harness.ports, queue: { ...queue, reserveStarts } };
  return { quota: createStartQuota(ports), ports, clock, reserved };
}

it('reserves the starts of a second by one write', async () => {
  const { quota, reserved } = await openQuota();
  expect([await quota.take(3), await quota.take(2), await quota.take(1)]).toEqual([
    true,
    true,
    true,
  ]);
  expect(reserved).toEqual([[0, 3]]);
});

it('reserves again in the next second, so no start counts in an earlier one', async () => {
  const { quota, clock, reserved } = await openQuota();
  await quota.take(3);
  clock.advance(1_000);
  expect(await quota.take(2)).toBe(true);
  expect(reserved).toEqual([
    [0, 3],
    [1, 2],
  ]);
});

it('reserves again if the second ends during the write', async () => {
  const { quota, reserved } = await openQuota([1_000]);
  expect(await quota.take(1)).toBe(true);
  expect(reserved).toEqual([
    [0, 1],
    [1, 1],
  ]);
});

it('ends a call after three writes that each took longer than their second', async () => {
  const { quota, reserved } = await openQuota([1_000, 1_000, 1_000]);
  expect([await quota.take(1), quota.isUsedUp]).toEqual([false, true]);
  expect(reserved).toHaveLength(3);
});

it('ends a call whose second is used up by other calls, and a call after it continues', async () => {
  const { quota, clock, ports } = await openQuota();
  expect(await quota.take(1)).toBe(true);
  clock.advance(1_000);
  const others = createStartQuota(ports);
  expect(await others.take(maxStartsPerSecond)).toBe(true);
  expect([await quota.take(1), quota.isUsedUp]).toEqual([false, true]);
  clock.advance(1_000);
  expect(await createStartQuota(ports).take(1)).toBe(true);
});

it('starts nothing more after an error, so that no later ticket passes an earlier one', async () => {
  const { ports } = await openQuota();
  const error = new TransferError('TableUnavailableError', 'reserveStarts: no answer');
  const queue = { ...ports.queue, reserveStarts: () => Promise.reject(error) };
  const quota = createStartQuota({ ...ports, queue });
  await expect(quota.take(1)).rejects.toBe(error);
  expect(quota.isUsedUp).toBe(true);
});
