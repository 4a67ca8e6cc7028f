import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { systemClock } from '#src/system/system-clock.ts';
import type { ServiceSized } from '../doubles/destinations/service-sized.ts';

/** The observations of the service. */
export interface ServiceWatch {
  /** Keys of the objects whose session is open and whose bytes are not complete. */
  readonly active: Set<string>;
  /** Keys of the objects whose execution was killed. Their sessions stay open at the service. */
  readonly killed: Set<string>;
  mostActive: number;
  /** The active keys at the peak. */
  mostActiveKeys: readonly string[];
  calls: number;
  throttled: number;
  /** Calls during a Retry-After for all callers. */
  rude: number;
}

/** Calls that the service accepts in one minute, from all callers together. */
const callsPerMinute = 900;

/** The share of calls that are throttled at random. */
const randomThrottles = 0.002;

export function newServiceWatch(): ServiceWatch {
  return {
    active: new Set(),
    killed: new Set(),
    mostActive: 0,
    mostActiveKeys: [],
    calls: 0,
    throttled: 0,
    rude: 0,
  };
}

/** Adds latency, one rate limit for all callers and random 429s to a service. */
export function busyService(
  service: ServiceSized,
  watch: ServiceWatch,
  random: Random,
): Destination {
  const keys = new Map<string, string>();
  const limit = rateLimit(watch, random);
  const api = async <T>(call: () => Promise<T>): Promise<T> => {
    limit();
    await systemClock.sleep(20 + random() * 200);
    return call();
  };
  const begin = (key: string) => {
    if (!watch.killed.has(key)) watch.active.add(key);
    if (watch.active.size <= watch.mostActive) return;
    Object.assign(watch, { mostActive: watch.active.size, mostActiveKeys: [...watch.active] });
  };
  const keyOf = (uploadId: string) => keys.get(uploadId) ?? '';
  return {
    ...service,
    identity: service.identity,
    traits: service.traits,
    accept: (object) => service.accept(object),
    openSession: (request) =>
      api(async () => {
        begin(request.source.key);
        const session = await service.openSession(request);
        keys.set(session.uploadId, request.source.key);
        return session;
      }),
    prepareChunks: (session) =>
      api(async () => {
        begin(keyOf(session.uploadId));
        return service.prepareChunks(session);
      }),
    sendChunk: async (session, chunk, body) => {
      await systemClock.sleep(200 + random() * 2_000);
      return service.sendChunk(session, chunk, body);
    },
    reportProofs: (session, proofs) =>
      api(async () => {
        const receipt = await service.reportProofs(session, proofs);
        if (receipt.complete) watch.active.delete(keyOf(session.uploadId));
        return receipt;
      }),
    finish: (session) => service.finish(session),
    sessionStatus: (session) => api(() => service.sessionStatus(session)),
    chunkStates: (session, page) => api(() => service.chunkStates(session, page)),
    assetStatus: (assetId) => api(() => service.assetStatus(assetId)),
  };
}

/** Returns a function that counts a call, and throws if the service throttles it. */
function rateLimit(watch: ServiceWatch, random: Random): () => void {
  const window = { from: 0, calls: 0 };
  let backoffUntil = 0;
  const throttle = (retryAfterSeconds: number | undefined) => {
    watch.throttled++;
    backoffUntil = systemClock.now() + (retryAfterSeconds ?? 0) * 1000;
    throw new TransferError('ThrottledError', 'the service answered 429', { retryAfterSeconds });
  };
  return () => {
    const now = systemClock.now();
    watch.calls++;
    if (now < backoffUntil - 1_000) watch.rude++;
    if (now - window.from >= 60_000) Object.assign(window, { from: now, calls: 0 });
    if (++window.calls > callsPerMinute) throttle(Math.ceil((window.from + 60_000 - now) / 1000));
    if (random() < randomThrottles) throttle(undefined);
  };
}
