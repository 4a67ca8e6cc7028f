import type { Context } from 'aws-lambda';
import { createContainer } from '#functions/runtime/container.ts';
import { createHandlers } from '#local/handlers.ts';
import {
  type InProcessTwelveLabs,
  openInProcess,
} from '#local/simulators/twelvelabs/in-process.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import type { FunctionName } from '#src/core/stack/step-names.ts';
import { createDestination } from '#src/destinations/registry.ts';
import { createCallLimiter } from '#src/rates/call-limiter.ts';
import { throttledDestination } from '#src/rates/throttled-destination.ts';
import type { Ports } from '#src/transfer/step.ts';
import { ManualClock } from '../../../doubles/manual-clock.ts';
import { MemorySource, sampleBytes } from '../../../doubles/memory/memory-source.ts';
import { createMemoryQueueStore } from '../../../doubles/memory/queue-store.ts';
import { createMemoryTransferStore } from '../../../doubles/memory/transfer-store.ts';
import { sdkCrc } from '../../../doubles/sdk-crc.ts';
import { TestStarter } from '../../../doubles/test-starter.ts';
import { TestEvents, TestExecutions } from '../../../harness/recorded-ports.ts';

/** Sources of our own account and of another one. */
export const ours = { bucket: 'films', key: 'reels/film.mp4' };
export const theirs = { bucket: 'their-films', key: 'in/film.mp4' };
export const accounts = { ours: '111122223333', theirs: '444455556666', stranger: '999900001111' };
export const executionId = `arn:aws:states:eu-west-1:${accounts.ours}:execution:ferry:one`;

export const chunkSizeBytes = 64;
/** What the service takes at most: a size that was spoiled shall not make it plan a billion chunks. */
const maxBytes = 64 * 1024;

const filmBytes = 5 * chunkSizeBytes - 7;

const settings: Settings = {
  chunksInFlight: 2,
  mapConcurrency: 2,
  noProgressMs: 20_000,
  maxActiveTransfers: 3,
  maxSendConcurrency: 6,
  isLocalRun: false,
  sources: {
    list: [
      { bucket: ours.bucket },
      {
        bucket: theirs.bucket,
        account: accounts.theirs,
        region: 'us-west-2',
        prefixes: ['in/'],
        suffixes: ['.mp4'],
      },
    ],
    readers: {
      [accounts.theirs]: {
        roleArn: `arn:aws:iam::${accounts.theirs}:role/reader`,
        externalId: 'a-word',
      },
    },
  },
};

/** The deployed handlers over memory: table, bus, objects, and TwelveLabs without a network. */
export interface Stand {
  readonly clock: ManualClock;
  readonly service: InProcessTwelveLabs;
  readonly ports: Ports;
  readonly events: TestEvents;
  /** The longest line that was logged, in characters. */
  longestLine: number;
  /** Calls a handler as Lambda does; an event and its answer are JSON. */
  call(name: FunctionName, event: unknown): Promise<unknown>;
  /** Everything in the table, as one JSON text. */
  rows(): string;
  /** Sessions that the service was asked to open, whatever it answered. */
  creates(): number;
}

/** Stands between the product and the service. */
export type Wire = (inner: Transport) => Transport;

export async function openStand(wire: Wire = (inner) => inner): Promise<Stand> {
  const clock = new ManualClock();
  const service = await openInProcess({
    clock,
    seed: 7,
    chunkSizeBytes,
    initialUrls: 1,
    maxBytes: { video: maxBytes, audio: maxBytes, image: maxBytes },
  });
  const store = createMemoryTransferStore();
  const queue = createMemoryQueueStore();
  const events = new TestEvents();
  const source = new MemorySource();
  source.put(ours, sampleBytes(filmBytes));
  source.put(theirs, sampleBytes(filmBytes));
  const log = logInto((length) => {
    stand.longestLine = Math.max(stand.longestLine, length);
  });
  const random = () => 0.5;
  const key = async () => service.apiKey;
  const { baseUrl } = service;
  const transport = wire(service.transport);
  const apiKey = { get: key, refresh: key };
  const client = createDestination('twelvelabs', { transport, apiKey, baseUrl, clock, log });
  const common = { clock, random, log, meter: { add: () => {} } };
  const limiter = createCallLimiter({ ...common, store: () => queue });
  const ports: Ports = {
    ...common,
    settings,
    source,
    store,
    queue,
    events,
    executions: new TestExecutions(),
    starter: new TestStarter(),
    newCrc: sdkCrc,
    concurrency: createConcurrencyRegistry(clock, 64),
    destination: throttledDestination(client, limiter),
  };
  const handlers = createHandlers(createContainer(process.env, ports));
  const stand: Stand = {
    clock,
    service,
    ports,
    events,
    longestLine: 0,
    call(name, event) {
      return handlers[name](event as never, contextOf(name)) as Promise<unknown>;
    },
    rows: () => store.dump(),
    creates: () => service.context.calls.count('create'),
  };
  return stand;
}

function logInto(note: (length: number) => void): Ports['log'] {
  const line = (message: string, fields: LogFields = {}) =>
    note(JSON.stringify({ message, ...fields }).length);
  return { info: line, warn: line, error: line };
}

let calls = 0;

/** Of a function with two minutes. */
function contextOf(functionName: string): Context {
  const awsRequestId = `request-${++calls}`;
  return { functionName, awsRequestId, getRemainingTimeInMillis: () => 120_000 } as Context;
}
