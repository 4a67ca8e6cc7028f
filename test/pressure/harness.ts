import { createHash } from 'node:crypto';
import { openPipeline, type Pipeline } from '#local/pipeline.ts';
import { seededRandom } from '#local/simulators/randomness.ts';
import { readSettings } from '#src/config/environment.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { Settings } from '#src/core/settings.ts';
import { systemClock } from '#src/system/system-clock.ts';
import { createCallLimiter } from '#src/throttling/call-limiter.ts';
import { createThrottledDestination } from '#src/throttling/throttled-destination.ts';
import { ServiceSized } from '../doubles/destinations/service-sized.ts';
import { MemorySource } from '../doubles/memory/memory-source.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../doubles/memory/queue-store.ts';
import {
  createMemoryTransferStore,
  type MemoryTransferStore,
} from '../doubles/memory/transfer-store.ts';
import { sdkCrc } from '../doubles/sdk-crc.ts';
import { TestEvents } from '../harness/recorded-ports.ts';
import { busyService, newServiceWatch, type ServiceWatch } from './busy-service.ts';
import { Executions } from './executions.ts';
import { failingTable, slowTable, type TableWatch } from './table-under-load.ts';

export const bucket = 'films';

const chunkBytes = 256;

/** The whole pipeline in memory, in the time of `systemClock`, which the caller fakes. */
export interface LoadHarness {
  readonly pipeline: Pipeline;
  readonly executions: Executions;
  readonly store: MemoryTransferStore;
  readonly queue: MemoryQueueStore;
  readonly service: ServiceSized;
  readonly events: TestEvents;
  readonly random: Random;
  readonly serviceWatch: ServiceWatch;
  readonly tableWatch: TableWatch;
  /** Ticket numbers of queued transfers in the order of their first slot. */
  readonly started: ReadonlyMap<string, number>;
  /** Puts an object of one to four chunks and returns its SHA-256. */
  put(key: string): string;
}

export function openHarness(seed: number, tuned: Partial<Settings>): LoadHarness {
  const random = seededRandom(seed);
  const source = new MemorySource();
  const options = { chunkSizeBytes: chunkBytes, maxBytes: 1024 * 1024, processingMs: 9_000 };
  const service = new ServiceSized(systemClock, options);
  const events = new TestEvents();
  const [store, queue] = [createMemoryTransferStore(), createMemoryQueueStore()];
  const [serviceWatch, tableWatch] = [newServiceWatch(), { calls: 0, failed: 0 }];
  const started = new Map<string, number>();
  const executions: Executions = new Executions(() => pipeline, random);
  const quiet = () => {};
  const log = { info: quiet, warn: quiet, error: quiet };
  const common = { clock: systemClock, random, log, meter: { add: quiet } };
  const limiter = createCallLimiter({ ...common, store: () => queue });
  const pipeline: Pipeline = openPipeline({
    buckets: [bucket],
    environment: {},
    overrides: {
      ...common,
      store: slowTable(store, tableWatch, random),
      queue: failingTable(
        slowTable(watchStarts(queue, started), tableWatch, random),
        tableWatch,
        random,
      ),
      source,
      destination: createThrottledDestination(busyService(service, serviceWatch, random), limiter),
      events,
      executions,
      starter: executions,
      settings: {
        ...readSettings({}),
        sources: { list: [{ bucket }], readers: {} },
        ...tuned,
      },
      newCrc: sdkCrc,
      concurrency: createConcurrencyRegistry(systemClock, 64),
    },
  });
  return {
    ...{ pipeline, executions, store, queue, service, events, random },
    ...{ serviceWatch, tableWatch, started },
    put(key) {
      const bytes = Buffer.alloc(Math.ceil(random() * 4 * chunkBytes), key);
      source.put({ bucket, key }, bytes);
      return createHash('sha256').update(bytes).digest('hex');
    },
  };
}

/** Records the ticket number of each queued transfer that takes its first slot. */
function watchStarts(queue: QueueStore, started: Map<string, number>): QueueStore {
  const numbers = new Map<string, number>();
  return {
    ...queue,
    putTicket: (ticket) => {
      numbers.set(ticket.transferId, ticket.number);
      return queue.putTicket(ticket);
    },
    takeSlot: async (slot, now) => {
      const isTaken = await queue.takeSlot(slot, now);
      const { transferId } = slot;
      const number = numbers.get(transferId);
      if (isTaken && number !== undefined && !started.has(transferId))
        started.set(transferId, number);
      return isTaken;
    },
  };
}
