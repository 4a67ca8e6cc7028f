import { describe, expect, it } from 'vitest';
import { maxSlots } from '#src/core/limits/limits.ts';
import { openReconciler, type ReconcilerHarness } from './reconciler-harness.ts';
import { hourMs, minuteMs, putRow } from './sweep-harness.ts';

const queued = { state: 'queued', fence: 3, ticketNumber: 7 } as const;

/** Opens a reconciler at the start of an hour, with a transfer that was queued without a ticket. */
async function openLost(minutesAgo = 60, changes: object = queued): Promise<ReconcilerHarness> {
  const reconciler = await openReconciler();
  const { clock } = reconciler.harness.doubles;
  clock.advance(hourMs - (clock.now() % hourMs));
  await putRow(reconciler, minutesAgo, { transferId: 't1', ...changes });
  return reconciler;
}

const ticketsOf = ({ harness }: ReconcilerHarness) => harness.doubles.queue.tickets();

describe('a sweep over queued transfers', () => {
  it.each([60, 20 * 24 * 60])(
    'writes the ticket of a transfer that lost it %i minutes ago, at its place in the queue',
    async (minutesAgo) => {
      const reconciler = await openLost(minutesAgo);
      expect(await reconciler.reconcile()).toMatchObject({ ticketsRestored: 1 });
      expect(ticketsOf(reconciler)).toMatchObject([
        { priority: 'live', number: 7, transferId: 't1', fence: 3 },
      ]);
      expect(await reconciler.reconcile()).toMatchObject({ ticketsRestored: 0 });
    },
  );

  it('leaves a transfer with a ticket, and one that was queued just now', async () => {
    const reconciler = await openLost(5);
    await putRow(reconciler, 60, { ...queued, transferId: 't2', ticketNumber: 8 });
    const ticket = { priority: 'live', number: 8, transferId: 't2', fence: 3, since: 1 } as const;
    await reconciler.harness.doubles.queue.putTicket(ticket);
    expect(await reconciler.reconcile()).toMatchObject({ ticketsRestored: 0 });
    expect(ticketsOf(reconciler)).toEqual([ticket]);
  });

  it('leaves a transfer that an execution took after the listing', async () => {
    const reconciler = await openLost();
    const { store } = reconciler.ports;
    const transfer = async (id: string) => {
      const row = await store.transfer(id);
      return row && { ...row, state: 'active' as const };
    };
    reconciler.ports = { ...reconciler.ports, store: { ...store, transfer } };
    expect(await reconciler.reconcile()).toMatchObject({ ticketsRestored: 0 });
    expect(ticketsOf(reconciler)).toEqual([]);
  });

  it('searches once an hour, and reads no long queue', async () => {
    const later = await openLost();
    later.harness.doubles.clock.advance(6 * minuteMs);
    expect(await later.reconcile()).toMatchObject({ ticketsRestored: 0 });
    const long = await openLost();
    for (let number = 100; number <= 100 + maxSlots; number++)
      await long.harness.doubles.queue.putTicket({
        ...{ priority: 'live', number, transferId: `o${number}`, fence: 1, since: 1 },
      });
    expect(await long.reconcile()).toMatchObject({ ticketsRestored: 0 });
  });
});
