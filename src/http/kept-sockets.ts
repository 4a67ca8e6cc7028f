import type { Dispatcher } from 'undici';

export interface KeptSocketsOptions {
  /** Makes a pool without any socket. */
  readonly open: () => Dispatcher;
  /** How long sockets may be unused, in milliseconds. */
  readonly idleMs: number;
  /** Milliseconds from any start; they pass while the process is frozen too. */
  readonly now: () => number;
}

/** The pool a request was sent on; pass it to `replace` if the request fails. */
export type PoolUse = { readonly pool: Dispatcher; readonly hasServed: boolean };

/**
 * A pool whose sockets are given up together: at the first use after `idleMs` without one, or by
 * `replace`. undici's own timers close idle sockets too. But a frozen process, as Lambda's are
 * between two calls, wakes up to its next request first and to its timers later.
 */
export class KeptSockets {
  readonly #options: KeptSocketsOptions;
  readonly #ending = new Set<Dispatcher>();
  #pool: Dispatcher;
  #hasServed = false;
  #isClosed = false;
  #usedAt: number;

  constructor(options: KeptSocketsOptions) {
    this.#options = options;
    this.#pool = options.open();
    this.#usedAt = options.now();
  }

  /** As undici's: sends one request. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#pool.dispatch(options, handler);
  }

  /** Begins a request; sockets that were unused for too long are replaced before. */
  use(): PoolUse {
    const { idleMs, now } = this.#options;
    if (now() - this.#usedAt > idleMs) this.#renew();
    this.#usedAt = now();
    return { pool: this.#pool, hasServed: this.#hasServed };
  }

  /** Notes that a reply came, or came to its end. */
  served({ pool }: PoolUse): void {
    this.#usedAt = this.#options.now();
    if (pool === this.#pool) this.#hasServed = true;
  }

  /** Gives up the sockets that a failed request saw; requests under way on them may end. */
  replace({ pool }: PoolUse): void {
    if (pool === this.#pool) this.#renew();
  }

  /** Ends all sockets at once; requests under way fail. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#pool, ...this.#ending].map((pool) => pool.destroy()));
  }

  #renew(): void {
    if (this.#isClosed) return;
    const old = this.#pool;
    this.#pool = this.#options.open();
    this.#hasServed = false;
    this.#ending.add(old);
    const end = () => void this.#ending.delete(old);
    old.close().then(end, end);
  }
}
