import { expect, it } from 'vitest';
import { by, openQueue } from './queue-harness.ts';

it('a repeated call that finds a slot, while the first call queues the transfer, leaves the ticket', async () => {
  const { harness, start, row } = await openQueue();
  const { store, queue, clock } = harness.ports;
  const { patchTransfer } = store;
  const opened = await start(1);
  const { transferId, fence } = await row(1);
  const now = clock.now();
  const others = { slot: 1, transferId: 'other', fence: 1 };
  await queue.clearSlot({ slot: 1, transferId, fence });
  await queue.takeSlot({ ...others, since: now, until: now + 3_600_000 }, now);
  const plan = () => harness.open({ ...opened, next: 'missing' }, by(1)).catch(String);
  const atSlot = Promise.withResolvers<void>();
  const isQueued = Promise.withResolvers<void>();
  let repeated: Promise<unknown> | undefined;
  store.patchTransfer = async (...args) => {
    const [, , patch] = args;
    if (patch.slot !== undefined) {
      // The repeated call has removed the ticket, and is about to record its slot.
      atSlot.resolve();
      await isQueued.promise;
    }
    if (patch.state === 'queued' && !repeated) {
      await queue.clearSlot(others);
      repeated = plan();
      await Promise.race([atSlot.promise, repeated]);
      expect(await queue.firstTickets('live', 10)).toEqual([]);
      return patchTransfer(...args).finally(isQueued.resolve);
    }
    return patchTransfer(...args);
  };
  expect(await plan()).toMatchObject({ ending: { status: 'queued' } });
  await repeated;
  const { state, ticketNumber } = await row(1);
  expect(state).toBe('queued');
  expect(await queue.firstTickets('live', 10)).toMatchObject([
    { transferId, fence, number: ticketNumber },
  ]);
  expect(await queue.slots(10)).toEqual([]);
});
