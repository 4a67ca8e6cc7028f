import type { HttpReply } from '#src/core/ports/transport.ts';
import type { Chance } from '../harness/chance.ts';
import type { FaultClass, Faults } from './fault-classes.ts';
import type { Operation } from './faulty-transport.ts';

const minuteMs = 60_000;

/** Total length of the API outages of one run: far below an execution's patience of six hours. */
const maxOutagesMs = 110 * minuteMs;

/** How an outage answers a request. `effect`: the request takes effect and its reply is replaced. */
const outageKinds = ['503', '503 Retry-After', '500', '429', 'reset', 'mixed', 'effect'] as const;

type OutageKind = (typeof outageKinds)[number];

/** The effect of an outage on one request. */
export type OutageEffect = HttpReply | 'reset' | 'reply replaced';

/** The fault class by operation. The steps share the API: an outage affects all of them. */
const outageOf: Partial<Record<Operation, FaultClass>> = {
  create: 'API outage while opening',
  presign: 'API outage while sending',
  report: 'API outage while confirming',
  status: 'API outage while confirming',
  asset: 'API outage while awaiting',
};

/** The text of every injected transient reply. An error that contains it comes from a transient fault. */
export const transientText = 'this will pass';

/** Returns a reply in the service's format for a request that may succeed later. */
export function transientReply(
  status: number,
  code: string,
  retryAfterSeconds?: number | undefined,
): HttpReply {
  const text = JSON.stringify({ code, message: transientText });
  return { status, headers: { 'retry-after': retryAfterSeconds?.toString() }, text };
}

/** Periods in which the API fails for every caller. */
export class ApiOutages {
  readonly #faults: Faults;
  readonly #chance: Chance;
  /** Whether lost creates may accumulate: false if the service limits its active sessions. */
  readonly #mayLoseCreates: boolean;
  #remainingMs = maxOutagesMs;
  #until = 0;
  #kind: OutageKind = '503';

  constructor(faults: Faults, chance: Chance, mayLoseCreates: boolean) {
    this.#faults = faults;
    this.#chance = chance;
    this.#mayLoseCreates = mayLoseCreates;
  }

  /** Returns the effect of the current outage on an API request; undefined if there is no outage. */
  apply(operation: Operation): OutageEffect | undefined {
    if (operation === 'put' || this.#faults.isDisabled) return undefined;
    const name = outageOf[operation];
    if (!this.#isActive && name && this.#faults.strikes(name)) this.#begin();
    return this.#isActive ? this.#effect(this.#kind) : undefined;
  }

  get #isActive(): boolean {
    return Date.now() < this.#until;
  }

  #begin(): void {
    const minutes = this.#chance.pick([2, 10, 30, 75]);
    const lengthMs = Math.min(this.#remainingMs, this.#chance.between(1, minutes) * minuteMs);
    this.#remainingMs -= lengthMs;
    this.#until = Date.now() + lengthMs;
    this.#kind = this.#chance.pick(outageKinds);
  }

  #effect(kind: OutageKind): OutageEffect {
    const retryAfterSeconds = this.#chance.between(1, 90);
    switch (kind) {
      case '503':
        return transientReply(503, 'service_unavailable');
      case '503 Retry-After':
        return transientReply(503, 'service_unavailable', retryAfterSeconds);
      case '500':
        return transientReply(500, 'internal_server_error');
      case '429':
        return transientReply(
          429,
          'too_many_requests',
          retryAfterSeconds > 45 ? retryAfterSeconds : undefined,
        );
      case 'reset':
        return 'reset';
      case 'effect':
        return this.#mayLoseCreates ? 'reply replaced' : 'reset';
      case 'mixed':
        return this.#effect(this.#chance.pick(['503', '503 Retry-After', '500', '429', 'reset']));
    }
  }
}
