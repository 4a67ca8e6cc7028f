import { createHash } from 'node:crypto';
import type { Log, LogFields } from '#src/core/ports/log.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { Ports } from '#src/transfer/step.ts';
import type { ServiceOptions, TestService } from '../doubles/destinations/service.ts';
import { ManualClock } from './clock.ts';
import { MemorySource, sampleBytes } from '../doubles/memory/memory-source.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../doubles/memory/queue-store.ts';
import {
  createMemoryTransferStore,
  type MemoryTransferStore,
} from '../doubles/memory/transfer-store.ts';
import { sdkCrc } from '../doubles/sdk-crc.ts';
import { TestStarter } from '../doubles/test-starter.ts';
import { canarySearch, textOf } from '../security/canaries/search.ts';
import { type DestinationLog, recordDestination } from './recorded-destination.ts';
import { TestEvents, TestExecutions, TestMeter } from './recorded-ports.ts';

/** Starts a service and its destination. The service ends with the test. */
export type OpenService = (clock: ManualClock, options: ServiceOptions) => Promise<TestService>;

/**
 * The harness over ports: every port of the product is a double in memory, and time is a manual clock.
 * Use it for behaviour that needs no request: rules of steps, orders of calls, rows and events.
 *
 * 1. `harness = await openPortHarness(open)` in each test; `open` makes the destination and its service.
 * 2. `sha256 = putFilm(harness, sizeBytes)` stores an object; `film` is its input.
 * 3. `await runTransfer(harness, film)` runs the deployed state machine; `StepHarness` calls single steps.
 * 4. Plan faults with `harness.service.faults`, `harness.source` and the `onCall` of `runTransfer`.
 * 5. Read results from `store`, `queue`, `events`, `meter`, `calls` and `logged`.
 *
 * `sleep` moves the clock, so no test waits. Rows, events, metrics and log lines are searched for secrets.
 */
export interface PortHarness {
  readonly ports: Ports & { readonly clock: ManualClock };
  readonly clock: ManualClock;
  readonly store: MemoryTransferStore;
  readonly queue: MemoryQueueStore;
  readonly meter: TestMeter;
  readonly source: MemorySource;
  readonly service: TestService;
  readonly destination: Destination;
  /** The recorded calls of the destination. */
  readonly calls: DestinationLog;
  readonly events: TestEvents;
  readonly executions: TestExecutions;
  readonly starter: TestStarter;
  /** The log lines of the product. */
  readonly logged: { readonly message: string; readonly fields: LogFields }[];
}

/** Default limits of a service. Chunks are small, so objects of many chunks are small too. */
export const serviceDefaults: ServiceOptions = { chunkSizeBytes: 1024, maxBytes: 1024 * 1024 };

const settings: Settings = {
  chunksInFlight: 4,
  mapConcurrency: 8,
  noProgressMs: 600_000,
  maxActiveTransfers: 10,
  maxSendConcurrency: 80,
  isLocalRun: false,
  sources: { list: [{ bucket: 'films' }], readers: {} },
};

/** Opens a harness around a service. Service and product share the clock. */
export async function openPortHarness(
  open: OpenService,
  options: Partial<ServiceOptions> = {},
  settingChanges: Partial<Settings> = {},
): Promise<PortHarness> {
  const clock = new ManualClock();
  const service = await open(clock, { ...serviceDefaults, ...options });
  const [destination, calls] = recordDestination(service.destination, () => clock.now());
  const store = createMemoryTransferStore();
  const queue = createMemoryQueueStore();
  const meter = new TestMeter();
  const source = new MemorySource();
  const events = new TestEvents();
  const executions = new TestExecutions();
  const starter = new TestStarter();
  const logged: PortHarness['logged'] = [];
  canarySearch.atEnd(() => {
    canarySearch.searchText('rows', store.dump());
    canarySearch.searchText('metrics', textOf(meter.taken), meter.taken.length);
  });
  const ports = {
    clock,
    random: () => 0.5,
    log: logInto(logged),
    settings: { ...settings, ...settingChanges },
    source,
    store,
    queue,
    destination,
    events,
    executions,
    starter,
    newCrc: sdkCrc,
    concurrency: createConcurrencyRegistry(clock, 64),
    meter,
  };
  return {
    ports,
    clock,
    store,
    queue,
    meter,
    source,
    service,
    destination,
    calls,
    events,
    executions,
    starter,
    logged,
  };
}

/** The input of an execution for the object of `putFilm`. */
export const film = { bucket: 'films', key: 'reels/film.mp4' };

/** Stores an object of `sizeBytes` bytes and returns their SHA-256. */
export function putFilm(
  { source }: PortHarness,
  sizeBytes: number,
  traits: Partial<SourceObject> = {},
): string {
  const bytes = sampleBytes(sizeBytes);
  source.put(film, bytes, traits);
  return createHash('sha256').update(bytes).digest('hex');
}

function logInto(lines: PortHarness['logged']): Log {
  const write = (message: string, fields: LogFields = {}) => {
    canarySearch.searchText('log lines', textOf({ message, fields }));
    lines.push({ message, fields });
  };
  return { info: write, warn: write, error: write };
}
