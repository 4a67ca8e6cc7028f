import type { SimulatorClock } from '#local/simulators/clock.ts';
import type { TwelveLabsSwitches } from '../settings/switches.ts';
import { apiError, type Reply, throttleHeaders } from '../wire/replies.ts';

/** Counts the API's calls in fixed windows while the switch `rateLimit` is set. */
export class RateWindow {
  readonly #clock: SimulatorClock;
  readonly #switches: TwelveLabsSwitches;
  #startedAt = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(clock: SimulatorClock, switches: TwelveLabsSwitches) {
    this.#clock = clock;
    this.#switches = switches;
  }

  /** Counts one call. Returns a 429 if the call exceeds the limit. */
  countCall(): Reply | undefined {
    const limit = this.#switches.rateLimit;
    if (!limit) return undefined;
    const now = this.#clock.now();
    if (now >= this.#startedAt + limit.windowMs) {
      this.#startedAt = now;
      this.#used = 0;
    }
    this.#used += 1;
    if (this.#used <= limit.calls) return undefined;
    const reset = Math.ceil((this.#startedAt + limit.windowMs) / 1000);
    const waitSeconds = Math.max(1, Math.ceil(reset - now / 1000));
    const numbers = { limit: limit.calls, remaining: 0, used: limit.calls, reset };
    const headers = throttleHeaders(
      limit.retryAfter ? waitSeconds : undefined,
      limit.headers ? numbers : undefined,
    );
    return apiError(429, 'too_many_requests', 'You have reached the rate limit.', headers);
  }
}
