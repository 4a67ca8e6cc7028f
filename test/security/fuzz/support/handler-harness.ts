import type { Context } from 'aws-lambda';
import { createContainer } from '#functions/runtime/container.ts';
import { createHandlers } from '#local/handlers.ts';
import {
  type InProcessTwelveLabs,
  openInProcess,
} from '#local/simulators/twelvelabs/in-process.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Settings } from '#src/core/settings.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { Ports } from '#src/step-support/step.ts';
import { sampleBytes } from '../../../doubles/memory/memory-source.ts';
import type { ManualClock } from '../../../harness/clock.ts';
import { openDoubles } from '../../../harness/port-harness.ts';
import { completePorts } from '../../../harness/product-ports.ts';
import type { TestEvents, TestExecutions } from '../../../harness/recorded-ports.ts';

/** Films of our own account and of another account. */
export const ours = { bucket: 'films', key: 'reels/film.mp4' };
export const theirs = { bucket: 'their-films', key: 'in/film.mp4' };
export const accounts = { ours: '111122223333', theirs: '444455556666', unknown: '999900001111' };
export const executionId = `arn:aws:states:eu-west-1:${accounts.ours}:execution:ferry:one`;

export const chunkSizeBytes = 64;
/** Maximum size at the service, in bytes: a fuzzed size must not plan a billion chunks. */
const maxBytes = 64 * 1024;

const filmBytes = 5 * chunkSizeBytes - 7;

const settings: Settings = {
  chunksInFlight: 2,
  mapConcurrency: 2,
  noProgressMs: 20_000,
  maxActiveTransfers: 3,
  maxSendConcurrency: 6,
  sendTimeoutMs: 600_000,
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

/**
 * The deployed handlers over ports in memory, for fuzz tests: table, bus, objects, and TwelveLabs without
 * a network. Unlike `PortHarness` it records only sizes: a fuzz test opens thousands.
 */
export interface HandlerHarness {
  readonly clock: ManualClock;
  readonly service: InProcessTwelveLabs;
  readonly ports: Ports;
  readonly events: TestEvents;
  readonly executions: TestExecutions;
  /** Length of the longest log line, in characters. */
  longestLine: number;
  /** Calls a handler as Lambda does. */
  call(name: FunctionName, event: unknown): Promise<unknown>;
  /** Returns all rows as one JSON text. */
  rows(): string;
  /** Returns the number of create requests, independent of their replies. */
  creates(): number;
}

/** Wraps the transport between the product and the service. */
export type Wire = (inner: Transport) => Transport;

export async function openHandlerHarness(wire: Wire = (inner) => inner): Promise<HandlerHarness> {
  const doubles = openDoubles();
  const { clock, store, events, executions, source } = doubles;
  for (const film of [ours, theirs]) source.put(film, sampleBytes(filmBytes));
  const service = await openInProcess({
    clock,
    seed: 7,
    chunkSizeBytes,
    initialUrls: 1,
    maxBytes: { video: maxBytes, audio: maxBytes, image: maxBytes },
  });
  const log = logInto((length) => {
    harness.longestLine = Math.max(harness.longestLine, length);
  });
  const common = { ...doubles, settings, random: () => 0.5, log, meter: { add: () => {} } };
  const ports = completePorts(common, service, wire(service.transport));
  const handlers = createHandlers(createContainer(process.env, ports));
  const harness: HandlerHarness = {
    ...{ clock, service, ports, events, executions, longestLine: 0 },
    call: (name, event) => handlers[name](event as never, contextOf(name)) as Promise<unknown>,
    rows: () => store.dump(),
    creates: () => service.context.calls.count('create'),
  };
  return harness;
}

function logInto(onLine: (length: number) => void): Ports['log'] {
  const write = (message: string, fields: LogFields = {}) =>
    onLine(JSON.stringify({ message, ...fields }).length);
  return { info: write, warn: write, error: write };
}

let calls = 0;

/** Returns the context of a function with two minutes. */
function contextOf(functionName: string): Context {
  const awsRequestId = `request-${++calls}`;
  return { functionName, awsRequestId, getRemainingTimeInMillis: () => 120_000 } as Context;
}
