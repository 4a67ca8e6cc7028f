import type { Dispatcher } from 'undici';

export interface KeepAlivePoolOptions {
  /** Creates a pool without sockets. */
  readonly open: () => Dispatcher;
  /** The longest time without a use, in milliseconds. */
  readonly idleMs: number;
  /** Milliseconds from any start; the time of a frozen process counts too. */
  readonly now: () => number;
}

/** The pool of one request; pass it to `replace` if the request fails. */
export type PoolUse = { readonly pool: Dispatcher; readonly hasServed: boolean };

/**
 * A pool that replaces all its sockets together: at the first use after `idleMs` without a use, or by
 * `replace`. undici's own timers close idle sockets too, but Lambda freezes a process between two calls,
 * and its next request may run before its timers.
 */
export class KeepAlivePool {
  readonly #options: KeepAlivePoolOptions;
  readonly #closing = new Set<Dispatcher>();
  #pool: Dispatcher;
  #hasServed = false;
  #isClosed = false;
  #usedAt: number;

  constructor(options: KeepAlivePoolOptions) {
    this.#options = options;
    this.#pool = options.open();
    this.#usedAt = options.now();
  }

  /** Sends one request, as undici's own method does. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#pool.dispatch(options, handler);
  }

  /** Starts a request, after it has replaced sockets that were unused for too long. */
  use(): PoolUse {
    const { idleMs, now } = this.#options;
    if (now() - this.#usedAt > idleMs) this.#renew();
    this.#usedAt = now();
    return { pool: this.#pool, hasServed: this.#hasServed };
  }

  /** Records that a reply arrived or ended. */
  served({ pool }: PoolUse): void {
    this.#usedAt = this.#options.now();
    if (pool === this.#pool) this.#hasServed = true;
  }

  /** Replaces the sockets of a failed request. Requests in progress on them may finish. */
  replace({ pool }: PoolUse): void {
    if (pool === this.#pool) this.#renew();
  }

  /** Closes all sockets at once; requests in progress fail. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#pool, ...this.#closing].map((pool) => pool.destroy()));
  }

  #renew(): void {
    if (this.#isClosed) return;
    const old = this.#pool;
    this.#pool = this.#options.open();
    this.#hasServed = false;
    this.#closing.add(old);
    const end = () => void this.#closing.delete(old);
    old.close().then(end, end);
  }
}
