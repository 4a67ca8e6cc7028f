import { createHash } from 'node:crypto';
import type { Log, LogFields } from '#src/core/ports/log.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { Settings } from '#src/core/settings.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { destinations } from '#src/destinations/registry.ts';
import { twelveLabs } from '#src/destinations/twelvelabs/definition.ts';
import { optionRulesOf } from '#src/service-api/transfer-options.ts';
import type { Ports } from '#src/step-support/step.ts';
import type { ServiceOptions, TestService } from '../doubles/destinations/service.ts';
import { MemorySource, sampleBytes } from '../doubles/memory/memory-source.ts';
import { createMemoryQueueStore } from '../doubles/memory/queue-store.ts';
import { createMemoryTransferStore } from '../doubles/memory/transfer-store.ts';
import { sdkCrc } from '../doubles/sdk-crc.ts';
import { canarySearch, textOf } from '../security/canaries/search.ts';
import { ManualClock } from './clock.ts';
import { type DestinationLog, recordDestination } from './recorded-destination.ts';
import { TestEvents, TestExecutions, TestMeter, TestStarter } from './recorded-ports.ts';

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
export interface PortHarness extends Doubles {
  readonly ports: Ports & { readonly clock: ManualClock };
  readonly service: TestService;
  readonly destination: Destination;
  /** The recorded calls of the destination. */
  readonly calls: DestinationLog;
  /** The log lines of the product. */
  readonly logged: { readonly message: string; readonly fields: LogFields }[];
}

/** The doubles of all ports but the service's, the log and the settings. */
export type Doubles = ReturnType<typeof openDoubles>;

/** Opens new doubles with one clock. */
export function openDoubles() {
  return {
    clock: new ManualClock(),
    store: createMemoryTransferStore(),
    queue: createMemoryQueueStore(),
    source: new MemorySource(),
    meter: new TestMeter(),
    events: new TestEvents(),
    executions: new TestExecutions(),
    starter: new TestStarter(),
  };
}

/** Default limits of a service. Chunks are small, so objects of many chunks are small too. */
export const serviceDefaults: ServiceOptions = { chunkSizeBytes: 1024, maxBytes: 1024 * 1024 };

const settings: Settings = {
  chunksInFlight: 4,
  mapConcurrency: 8,
  noProgressMs: 600_000,
  maxActiveTransfers: 10,
  maxSendConcurrency: 80,
  sendTimeoutMs: 600_000,
  isLocalRun: false,
  sources: { list: [{ bucket: 'films' }], readers: {} },
};

/** Opens a harness around a service. Service and product share the clock. */
export async function openPortHarness(
  open: OpenService,
  options: Partial<ServiceOptions> = {},
  settingChanges: Partial<Settings> = {},
): Promise<PortHarness> {
  const doubles = openDoubles();
  const { clock, store, meter } = doubles;
  const service = await open(clock, { ...serviceDefaults, ...options });
  const [destination, calls] = recordDestination(service.destination, () => clock.now());
  const logged: PortHarness['logged'] = [];
  canarySearch.atEnd(() => {
    canarySearch.searchText('rows', store.dump());
    canarySearch.searchText('metrics', textOf(meter.taken), meter.taken.length);
  });
  const ports = {
    ...doubles,
    random: () => 0.5,
    log: logInto(logged),
    settings: { ...settings, ...settingChanges },
    destination,
    optionRules: optionRulesOf(twelveLabs, destinations),
    newCrc: sdkCrc,
    concurrency: createConcurrencyRegistry(clock, 64),
  };
  return { ...doubles, ports, service, destination, calls, logged };
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
