import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import type { ExecutionDirectory, ExecutionEnd } from '#src/core/ports/executions.ts';
import type { Log, LogFields } from '#src/core/ports/log.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { Meter, MetricName } from '#src/core/stack/metrics.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { Ports } from '#src/transfer/step.ts';
import type { ServiceOptions, TestService } from '../doubles/destinations/service.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { MemorySource, sampleBytes } from '../doubles/memory/memory-source.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../doubles/memory/queue-store.ts';
import {
  createMemoryTransferStore,
  type MemoryTransferStore,
} from '../doubles/memory/transfer-store.ts';
import { sdkCrc } from '../doubles/sdk-crc.ts';
import { TestStarter } from '../doubles/test-starter.ts';
import { canarySearch, textOf } from '../security/canaries/search.ts';
import { type DestinationLog, watchDestination } from './recorded-destination.ts';

/** Starts a service and its destination; it ends with the test. */
export type OpenService = (clock: ManualClock, options: ServiceOptions) => Promise<TestService>;

/** Everything that a transfer needs, with levers and logs. */
export interface Bench {
  readonly ports: Ports & { readonly clock: ManualClock };
  readonly clock: ManualClock;
  readonly store: MemoryTransferStore;
  readonly queue: MemoryQueueStore;
  readonly meter: TestMeter;
  readonly source: MemorySource;
  readonly service: TestService;
  readonly destination: Destination;
  /** What the destination was asked for. */
  readonly asked: DestinationLog;
  readonly events: TestEvents;
  readonly executions: TestExecutions;
  readonly starter: TestStarter;
  /** Messages of the product's log with their fields. */
  readonly logged: { readonly message: string; readonly fields: LogFields }[];
}

/** Chunks are small, so that objects of many chunks are. */
export const benchOptions: ServiceOptions = { chunkSizeBytes: 1024, maxBytes: 1024 * 1024 };

const settings: Settings = {
  chunksInFlight: 4,
  mapConcurrency: 8,
  noProgressMs: 600_000,
  maxActiveTransfers: 10,
  maxSendConcurrency: 80,
  isLocalRun: false,
  sources: { list: [{ bucket: 'films' }], readers: {} },
};

/**
 * A bench around a service; the service sees the same clock as everybody. What it tells is searched
 * for secrets.
 */
export async function openBench(
  open: OpenService,
  options: Partial<ServiceOptions> = {},
  tuned: Partial<Settings> = {},
): Promise<Bench> {
  const clock = new ManualClock();
  const service = await open(clock, { ...benchOptions, ...options });
  const [destination, asked] = watchDestination(service.destination, () => clock.now());
  const store = createMemoryTransferStore();
  const queue = createMemoryQueueStore();
  const meter = new TestMeter();
  const source = new MemorySource();
  const events = new TestEvents();
  const executions = new TestExecutions();
  const starter = new TestStarter();
  const logged: Bench['logged'] = [];
  canarySearch.atEnd(() => {
    canarySearch.searchText('rows', store.dump());
    canarySearch.searchText('metrics', textOf(meter.taken), meter.taken.length);
  });
  const ports = {
    clock,
    random: () => 0.5,
    log: logInto(logged),
    settings: { ...settings, ...tuned },
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
    asked,
    events,
    executions,
    starter,
    logged,
  };
}

/** The input of an execution, for the object that `putFilm` puts. */
export const film = { bucket: 'films', key: 'reels/film.mp4' };

/** Puts an object of so many bytes and gives their SHA-256. */
export function putFilm(
  { source }: Bench,
  sizeBytes: number,
  traits: Partial<SourceObject> = {},
): string {
  const bytes = sampleBytes(sizeBytes);
  source.put(film, bytes, traits);
  return createHash('sha256').update(bytes).digest('hex');
}

/** Events as they were put; each refusal that is planned befalls one putting. */
export class TestEvents {
  readonly all: TransferEvent[] = [];
  refusals = 0;

  async publish(event: TransferEvent): Promise<void> {
    if (this.refusals-- > 0)
      throw new TransferError('EventNotPublishedError', 'the bus refused it');
    this.refusals = 0;
    canarySearch.searchText('events', textOf(event));
    this.all.push(event);
  }

  /** Those that tell of an outcome. */
  get outcomes(): TransferEvent[] {
    return this.all.filter(({ type }) => type !== 'Transfer Started');
  }
}

/** Measurements as they were taken. */
export class TestMeter implements Meter {
  readonly taken: { readonly metric: MetricName; readonly value: number; readonly by?: string }[] =
    [];

  add(metric: MetricName, value: number, by?: string): void {
    this.taken.push({ metric, value, ...(by !== undefined && { by }) });
  }

  /** The sum of one metric, for one value of its dimension where that is named. */
  sum(metric: MetricName, by?: string): number {
    return this.taken
      .filter((one) => one.metric === metric && (by === undefined || one.by === by))
      .reduce((sum, { value }) => sum + value, 0);
  }
}

/** What is told of an execution: as scripted, `unknown` where nothing is. */
export class TestExecutions implements ExecutionDirectory {
  readonly states = new Map<string, 'running' | 'ended' | 'unknown'>();
  asked = 0;

  async statusOf(executionId: string): Promise<'running' | 'ended' | 'unknown'> {
    this.asked++;
    return this.states.get(executionId) ?? 'unknown';
  }

  async endOf(executionId: string): Promise<ExecutionEnd> {
    const status = this.states.get(executionId) ?? 'unknown';
    return { status: status === 'ended' ? 'aborted' : status };
  }
}

function logInto(lines: Bench['logged']): Log {
  const line = (message: string, fields: LogFields = {}) => {
    canarySearch.searchText('log lines', textOf({ message, fields }));
    lines.push({ message, fields });
  };
  return { info: line, warn: line, error: line };
}
