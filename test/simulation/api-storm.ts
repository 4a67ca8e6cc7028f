import type { HttpReply } from '#src/core/ports/transport.ts';
import type { Chance } from './chance.ts';
import type { FaultClass, Mishaps } from './fault-classes.ts';
import type { Operation } from './faulty-transport.ts';

const minuteMs = 60_000;

/** All storms of one run together: far below the six hours for which an execution is patient. */
const longestStormsMs = 110 * minuteMs;

/** What the API does to every request; after an `effect` it is the reply that is replaced. */
const stormKinds = ['503', '503 Retry-After', '500', '429', 'reset', 'mixed', 'effect'] as const;

type StormKind = (typeof stormKinds)[number];

/** What a storm makes of one request. */
export type StormEffect = HttpReply | 'reset' | 'reply replaced';

/** By the step whose requests they are; the steps share the API, so that a storm strikes all of them. */
const stormOf: Partial<Record<Operation, FaultClass>> = {
  create: 'storm in opening',
  presign: 'storm in sending',
  report: 'storm in confirming',
  status: 'storm in confirming',
  asset: 'storm in awaiting',
};

/** The text of every injected reply that passes: an error that repeats it was made from one. */
export const passingText = 'this will pass';

/** A reply in the service's words that says that the request may pass later. */
export function transientReply(
  status: number,
  code: string,
  retryAfterSeconds?: number | undefined,
): HttpReply {
  const text = JSON.stringify({ code, message: passingText });
  return { status, headers: { 'retry-after': retryAfterSeconds?.toString() }, text };
}

/** Times in which the API fails for everybody. */
export class ApiStorms {
  readonly #mishaps: Mishaps;
  readonly #chance: Chance;
  /** Whether lost creates may pile up: not where the service bounds its active sessions. */
  readonly #maySwallow: boolean;
  #leftMs = longestStormsMs;
  #until = 0;
  #kind: StormKind = '503';

  constructor(mishaps: Mishaps, chance: Chance, maySwallow: boolean) {
    this.#mishaps = mishaps;
    this.#chance = chance;
    this.#maySwallow = maySwallow;
  }

  /** What happens to a request of the API now; undefined while the weather is fair. */
  strike(operation: Operation): StormEffect | undefined {
    if (operation === 'put' || this.#mishaps.isCalm) return undefined;
    const name = stormOf[operation];
    if (!this.#isRaging && name && this.#mishaps.strikes(name)) this.#begin();
    return this.#isRaging ? this.#effect(this.#kind) : undefined;
  }

  get #isRaging(): boolean {
    return Date.now() < this.#until;
  }

  #begin(): void {
    const minutes = this.#chance.pick([2, 10, 30, 75]);
    const lengthMs = Math.min(this.#leftMs, this.#chance.between(1, minutes) * minuteMs);
    this.#leftMs -= lengthMs;
    this.#until = Date.now() + lengthMs;
    this.#kind = this.#chance.pick(stormKinds);
  }

  #effect(kind: StormKind): StormEffect {
    const asked = this.#chance.between(1, 90);
    switch (kind) {
      case '503':
        return transientReply(503, 'service_unavailable');
      case '503 Retry-After':
        return transientReply(503, 'service_unavailable', asked);
      case '500':
        return transientReply(500, 'internal_server_error');
      case '429':
        return transientReply(429, 'too_many_requests', asked > 45 ? asked : undefined);
      case 'reset':
        return 'reset';
      case 'effect':
        return this.#maySwallow ? 'reply replaced' : 'reset';
      case 'mixed':
        return this.#effect(this.#chance.pick(['503', '503 Retry-After', '500', '429', 'reset']));
    }
  }
}
