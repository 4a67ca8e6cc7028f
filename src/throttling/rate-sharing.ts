import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import { maxShareMs, shareEveryMs } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { CallGate } from '#src/core/rates/call-gate.ts';
import { type CallRate, callKinds, type SharedRates } from '#src/core/rates/call-rate.ts';

export type RateStore = Pick<QueueStore, 'shareRate' | 'shareStop' | 'sharedRates'>;

interface SharingPorts {
  readonly clock: Clock;
  /** Called at the first call only, so a function without calls needs no table. */
  readonly store: () => RateStore;
}

/** Exchanges rates and stops with other processes. Never rejects, and takes at most one second. */
export interface RateSharing {
  /** Reads the shared rates, at most once in five seconds. */
  refresh(): Promise<void>;
  /** Writes the offered rate or stop of a kind, at most once in five seconds. */
  flush(kind: ErrorOrigin): Promise<void>;
  /** Offers a lowered rate for the next `flush`. */
  offerRate(kind: ErrorOrigin, rate: CallRate): void;
  /** Offers a stop for the next `flush`. */
  offerStop(kind: ErrorOrigin, until: number): void;
}

/** Sharing for callers without permission on the table: it does nothing. */
export const shareNothing: RateSharing = {
  refresh: async () => {},
  flush: async () => {},
  offerRate: () => {},
  offerStop: () => {},
};

/** Shares the rates of a process's gates through the table. */
export function shareRates(
  { clock, store }: SharingPorts,
  gates: ReadonlyMap<ErrorOrigin, CallGate>,
): RateSharing {
  const rates = new Map<ErrorOrigin, CallRate>();
  const stops = new Map<ErrorOrigin, number>();
  const writtenAt = new Map<ErrorOrigin, number>();
  let shared: SharedRates = {};
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();

  const isDue = (at = Number.NEGATIVE_INFINITY) => clock.now() - at >= shareEveryMs;
  const read = async () => {
    shared = await store().sharedRates();
    for (const kind of callKinds) gates.get(kind)?.merge(shared[kind] ?? {}, clock.now());
  };
  const write = async (
    kind: ErrorOrigin,
    rate: CallRate | undefined,
    until: number | undefined,
  ) => {
    if (until !== undefined) await store().shareStop(kind, until);
    else if (rate) await store().shareRate(kind, rate);
  };
  return {
    refresh: () => {
      if (!isDue(readAt)) return reading;
      readAt = clock.now();
      reading = withinBound(clock, read);
      return reading;
    },
    flush: async (kind) => {
      const [rate, until] = [rates.get(kind), stops.get(kind)];
      if ((!rate && until === undefined) || !isDue(writtenAt.get(kind))) return;
      writtenAt.set(kind, clock.now());
      rates.delete(kind);
      stops.delete(kind);
      await withinBound(clock, () => write(kind, rate, until));
    },
    offerRate: (kind, rate) => {
      const isNew = isDue(shared[kind]?.rate?.loweredAt) && isDue(writtenAt.get(kind));
      if (isNew) rates.set(kind, rate);
    },
    offerStop: (kind, until) => void stops.set(kind, until),
  };
}

/** Waits at most one second for work on the table, so an unreachable table delays no call. */
async function withinBound(clock: Clock, work: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(maxShareMs, resolve);
  const done = work().catch((error: unknown) => {
    if (!isTransferError(error)) throw error;
  });
  await Promise.race([done, promise]).finally(cancel);
}
