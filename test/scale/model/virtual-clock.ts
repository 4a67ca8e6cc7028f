import type { Clock } from '#src/core/ports/clock.ts';

/** Node runs a tick after all ready promises. A turn of the event loop would cost a system call each time. */
const drain = () => new Promise<void>((resolve) => process.nextTick(resolve));

interface Timer {
  readonly at: number;
  /** Timers of the same time fire in the order of their creation. */
  readonly order: number;
  task: (() => void) | undefined;
}

/**
 * A clock whose time passes only when all work waits for it. Millions of timers cost a heap operation
 * each; a cancelled timer stays in the heap, without its task, until its time.
 */
export class VirtualClock implements Clock {
  readonly #heap: Timer[] = [];
  #now: number;
  #order = 0;

  constructor(startsAt: number) {
    this.#now = startsAt;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      const stop = () => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  after(ms: number, task: () => void): () => void {
    const at = this.#now + Math.max(0, Math.round(ms));
    const timer: Timer = { at, order: this.#order++, task };
    push(this.#heap, timer);
    return () => {
      timer.task = undefined;
    };
  }

  /**
   * Fires the timers in order, all timers of one time together, until `isOver`.
   * @throws Error - no timer is left
   */
  async passUntil(isOver: () => boolean): Promise<void> {
    await drain();
    while (!isOver()) {
      this.#fireNext();
      await drain();
    }
  }

  #fireNext(): void {
    const first = this.#heap[0];
    if (!first) throw new Error('the time cannot pass: no timer is left');
    this.#now = first.at;
    while (this.#heap[0]?.at === first.at) pop(this.#heap)?.task?.();
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Timer;
    if (!isBefore(timer, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last && heap.length > 0) sink(heap, last);
  return first;
}

function sink(heap: Timer[], timer: Timer): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right && isBefore(right, heap[child] as Timer)) child++;
    const below = heap[child] as Timer;
    if (!isBefore(below, timer)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = timer;
}
