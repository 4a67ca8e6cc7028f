import { createHash } from 'node:crypto';
import { seededRandom } from '#local/simulators/twelvelabs/randomness.ts';
import { newCrc } from '#src/aws/running-crc.ts';
import { readSettings } from '#src/config/environment.ts';
import { systemClock } from '#src/config/system-clock.ts';
import { createConcurrencyRegistry } from '#src/core/adaptive-concurrency.ts';
import type { Destination } from '#src/core/destination.ts';
import { TransferError } from '#src/core/errors.ts';
import type { Random } from '#src/core/ports.ts';
import type { QueueStore } from '#src/core/queue.ts';
import type { Settings } from '#src/core/settings.ts';
import { createCallLimiter } from '#src/steps/call-limiter.ts';
import type { Ports } from '#src/steps/step.ts';
import { throttledDestination } from '#src/steps/throttled-destination.ts';
import { TestEvents } from '../conformance/bench.ts';
import { ServiceSized } from '../doubles/destinations/service-sized.ts';
import { createMemoryQueueStore } from '../doubles/memory-queue-store.ts';
import { MemorySource } from '../doubles/memory-source.ts';
import { createMemoryTransferStore } from '../doubles/memory-transfer-store.ts';

export const crowdBucket = 'films';
export const crowdChunkBytes = 256;

/** What the service saw, and when slots were taken. */
export interface Watch {
  /** Keys of the objects whose session is open and whose bytes are not complete. */
  readonly active: Set<string>;
  mostActive: number;
  throttled: number;
  /** Calls that came while everybody had been asked to stay away. */
  rude: number;
  /** Queued transfers that took a slot for the first time, in that order, with their ticket numbers. */
  readonly started: Map<string, number>;
}

/** Everything a crowd of transfers needs, in memory and in the time of `systemClock`, which a test fakes. */
export interface Crowd {
  readonly ports: Partial<Ports>;
  readonly source: MemorySource;
  readonly service: ServiceSized;
  readonly events: TestEvents;
  readonly watch: Watch;
  readonly random: Random;
}

/** Calls of the service that one minute takes, whoever makes them. */
const callsPerMinute = 900;

export function openCrowd(seed: number, tuned: Partial<Settings>): Crowd {
  const random = seededRandom(seed);
  const clock = systemClock;
  const source = new MemorySource();
  const options = { chunkSizeBytes: crowdChunkBytes, maxBytes: 1024 * 1024, processingMs: 9_000 };
  const service = new ServiceSized(clock, options);
  const events = new TestEvents();
  const watch: Watch = {
    active: new Set(),
    mostActive: 0,
    throttled: 0,
    rude: 0,
    started: new Map(),
  };
  const queue = watchQueue(watch);
  const busy = busyService(service, watch, random);
  const quiet = () => {};
  const common = {
    clock,
    random,
    log: { info: quiet, warn: quiet, error: quiet },
    meter: { add: quiet },
  };
  const limiter = createCallLimiter({ ...common, store: () => queue });
  const ports = {
    ...common,
    store: createMemoryTransferStore(),
    queue,
    source,
    destination: throttledDestination(busy, limiter),
    events,
    settings: {
      ...readSettings({}),
      sources: { list: [{ bucket: crowdBucket }], readers: {} },
      ...tuned,
    },
    newCrc,
    concurrency: createConcurrencyRegistry(clock, 64),
  };
  return { ports, source, service, events, watch, random };
}

/** Notes the number of each queued transfer that takes its first slot. */
function watchQueue(watch: Watch): QueueStore {
  const queue = createMemoryQueueStore();
  const numbers = new Map<string, number>();
  return {
    ...queue,
    putTicket: (ticket) => {
      numbers.set(ticket.transferId, ticket.number);
      return queue.putTicket(ticket);
    },
    takeSlot: async (turn, now) => {
      const isTaken = await queue.takeSlot(turn, now);
      const number = numbers.get(turn.transferId);
      if (isTaken && number !== undefined && !watch.started.has(turn.transferId)) {
        watch.started.set(turn.transferId, number);
      }
      return isTaken;
    },
  };
}

/** The service with a time that each call takes, a rate limit for all, and 429s out of the blue. */
function busyService(service: ServiceSized, watch: Watch, random: Random): Destination {
  const keys = new Map<string, string>();
  const window = { from: 0, calls: 0 };
  let stayAwayUntil = 0;
  const refuse = (seconds: number | undefined) => {
    watch.throttled++;
    stayAwayUntil = systemClock.now() + (seconds ?? 0) * 1000;
    throw new TransferError('ThrottledError', 'the service answered 429', {
      retryAfterSeconds: seconds,
    });
  };
  const arrive = () => {
    const now = systemClock.now();
    if (now < stayAwayUntil - 1_000) watch.rude++;
    if (now - window.from >= 60_000) Object.assign(window, { from: now, calls: 0 });
    if (++window.calls > callsPerMinute) refuse(Math.ceil((window.from + 60_000 - now) / 1000));
    if (random() < 0.002) refuse(undefined);
  };
  const api = async <T>(call: () => Promise<T>): Promise<T> => {
    arrive();
    await systemClock.sleep(20 + random() * 200);
    return call();
  };
  const begin = (key: string) => {
    watch.active.add(key);
    watch.mostActive = Math.max(watch.mostActive, watch.active.size);
  };
  const keyOf = (uploadId: string) => keys.get(uploadId) ?? '';
  return {
    ...service,
    identity: service.identity,
    traits: service.traits,
    limits: () => service.limits(),
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

/** Puts an object of one to four chunks; its SHA-256. */
export function putObject({ source, random }: Crowd, key: string): string {
  const bytes = Buffer.alloc(Math.ceil(random() * 4 * crowdChunkBytes), key);
  source.put({ bucket: crowdBucket, key }, bytes);
  return createHash('sha256').update(bytes).digest('hex');
}
