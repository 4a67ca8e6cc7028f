import type { SimulatorClock } from '#local/simulators/clock.ts';
import { apiError, type Reply } from './replies.ts';
import type { SevenBridgesSwitches } from './switches.ts';

const windowMs = 5 * 60 * 1000;

/** Counts the API's calls in fixed windows of five minutes. */
export class RateWindow {
  readonly #clock: SimulatorClock;
  readonly #switches: SevenBridgesSwitches;
  #startedAt = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(clock: SimulatorClock, switches: SevenBridgesSwitches) {
    this.#clock = clock;
    this.#switches = switches;
  }

  /** Counts one call. Returns a 429 if the call exceeds the limit. */
  countCall(): Reply | undefined {
    const now = this.#clock.now();
    if (now >= this.#startedAt + windowMs) [this.#startedAt, this.#used] = [now, 0];
    this.#used++;
    const { callsPerWindow } = this.#switches;
    if (callsPerWindow === undefined || this.#used <= callsPerWindow) return undefined;
    return apiError(429, 1000, 'The rate limit is exceeded.');
  }

  /** Returns the headers that every reply has. */
  headers(): Readonly<Record<string, string>> {
    const { limit, remaining, reset } = this.#numbers();
    return {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': String(remaining),
      'X-RateLimit-Reset': String(reset),
    };
  }

  describe(): unknown {
    return { rate: this.#numbers(), instance_limit: { limit: -1, remaining: 0 } };
  }

  #numbers() {
    const limit = this.#switches.callsPerWindow ?? 1_000_000;
    const reset = Math.ceil((this.#startedAt + windowMs) / 1000);
    return { limit, remaining: Math.max(0, limit - this.#used), reset };
  }
}
