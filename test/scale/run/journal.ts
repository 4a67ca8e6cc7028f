import type { QueueStore } from '#src/core/queue/queue.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { LoadContext } from '../model/load-context.ts';
import type { ModelTable } from '../model/table.ts';

/** When each object arrived, was queued, took its slot and was ready. Arrays of a fixed length. */
export class Journal {
  readonly arrivedAt: Float64Array;
  readonly queuedAt: Float64Array;
  /** The position that the product reported when it queued the object; 0 if it took a slot at once. */
  readonly position: Uint32Array;
  readonly slotAt: Float64Array;
  readonly readyAt: Float64Array;
  /** When the last slot was released, in milliseconds since 1970. */
  lastRelease = 0;
  ready = 0;
  readyEvents = 0;
  readonly #indexes = new Map<string, number>();

  constructor(objects: number) {
    this.arrivedAt = new Float64Array(objects);
    this.queuedAt = new Float64Array(objects);
    this.position = new Uint32Array(objects);
    this.slotAt = new Float64Array(objects);
    this.readyAt = new Float64Array(objects);
  }

  /** Watches the table: who owns a transfer, who waits, and who holds a slot. */
  watch(
    { store, queue, memory }: ModelTable,
    context: LoadContext,
  ): Pick<ModelTable, 'store' | 'queue'> {
    return {
      store: this.#watchStore(store, context),
      queue: this.#watchQueue(queue, memory.held, context),
    };
  }

  /** Forgets the index of a transfer that is over. */
  forget(transferId: string): void {
    this.#indexes.delete(transferId);
  }

  #watchStore(store: TransferStore, { objects }: LoadContext): TransferStore {
    return {
      ...store,
      takeTransfer: (record, seen) => {
        this.#indexes.set(record.transferId, objects.indexOf(record.source.key));
        return store.takeTransfer(record, seen);
      },
    };
  }

  #watchQueue(
    queue: QueueStore,
    held: ReadonlyMap<number, unknown>,
    { clock, peaks }: LoadContext,
  ): QueueStore {
    const waiting = new Set<string>();
    return {
      ...queue,
      putTicket: async (ticket) => {
        await queue.putTicket(ticket);
        this.queuedAt[this.#indexOf(ticket.transferId)] ||= clock.now();
        waiting.add(ticket.transferId);
        peaks.queued.set(waiting.size);
      },
      takeSlot: async (slot, now) => {
        const isTaken = await queue.takeSlot(slot, now);
        if (isTaken) this.slotAt[this.#indexOf(slot.transferId)] ||= clock.now();
        if (isTaken) waiting.delete(slot.transferId);
        peaks.slots.set(held.size);
        return isTaken;
      },
      clearSlot: async (slot) => {
        await queue.clearSlot(slot);
        this.lastRelease = clock.now();
      },
    };
  }

  #indexOf(transferId: string): number {
    const index = this.#indexes.get(transferId);
    if (index !== undefined) return index;
    throw new Error(`the transfer ${transferId} has no object`);
  }
}
