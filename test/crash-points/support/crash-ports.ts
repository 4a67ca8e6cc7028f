import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import { createDestination } from '#src/destinations/registry.ts';
import { createCallLimiter } from '#src/rates/call-limiter.ts';
import { throttledDestination } from '#src/rates/throttled-destination.ts';
import type { Ports } from '#src/transfer/step.ts';
import { sdkCrc } from '../../doubles/sdk-crc.ts';
import { type Asked, takeApart } from '../../simulation/faults/faulty-transport.ts';
import { watchedQueue } from '../../simulation/invariants/checked-queue.ts';
import type { Sandbox } from '../../harness/sandbox.ts';
import { judgeArrival } from '../../simulation/invariants/requests-and-ends.ts';
import { type Witness, watchedStore } from '../../simulation/invariants/checked-store.ts';
import type { CrashWorld } from './crash-harness.ts';
import { directoryOf } from './directory.ts';
import { metPort, metSource, metTransport, type RunOf } from './moments.ts';

/** What the ports of a process are made of. */
export interface PortWorld extends Pick<CrashWorld, 'judged' | 'isSilent'> {
  /** Default: two, more than the transfers of most stories. */
  readonly slots?: number;
  /** Default: starts nothing, for stories in which no transfer is queued. */
  readonly starter?: ExecutionStarter;
}

const standard: Settings = {
  chunksInFlight: 2,
  mapConcurrency: 2,
  noProgressMs: 20_000,
  maxActiveTransfers: 2,
  maxSendConcurrency: 8,
  isLocalRun: false,
  sources: { list: [{ bucket: 'films' }], readers: {} },
};

/**
 * The ports of one process, every call of them an effect of the run that it works for at that time,
 * over parts that the simulation's judges watch.
 */
export function portsOf(world: PortWorld, asked: Asked[], by: Sandbox, runOf: RunOf): Ports {
  const { judge, tables, objects, service, events } = world.judged;
  const { slots = standard.maxActiveTransfers, starter = idleStarter } = world;
  const settings = { ...standard, maxActiveTransfers: slots };
  const met = <T extends object>(part: T, kind: string) => metPort(part, kind, runOf, by);
  const witness: Witness = {
    judge,
    bound: () => settings.maxActiveTransfers,
    executionOf: (id) => world.judged.executions.all.get(id),
    hasRunFor: (id) => world.judged.executions.all.get(id)?.handle.status() === 'RUNNING',
    wasTaken: (uploadId, chunk) => service.wasTaken(uploadId, chunk),
  };
  const ports = {
    clock: by.clock,
    random: world.judged.chance.random,
    settings,
    newCrc: sdkCrc,
    concurrency: createConcurrencyRegistry(by.clock, 64),
    store: met(watchedStore(tables, witness, by), 'store'),
    queue: met(watchedQueue(tables, witness, by), 'queue'),
    source: metSource(objects, runOf, by),
    events: met({ publish: async (event) => void events.push(event) }, 'events'),
    executions: met(directoryOf(world), 'executions'),
    starter: met(starter, 'starter'),
    log: logOf(world),
    meter: { add: () => {} },
  } satisfies Omit<Ports, 'destination'>;
  const transport = metTransport(wireOf(world, asked, by), runOf, by);
  return { ...ports, destination: destinationOf(world, transport, ports) };
}

/** The real client, its calls limited by the rates that all processes share. */
function destinationOf(
  { judged: { service } }: PortWorld,
  transport: Transport,
  ports: Pick<Ports, 'clock' | 'random' | 'log' | 'meter' | 'queue'>,
) {
  const { clock, log, queue } = ports;
  const key = async () => service.apiKey;
  const apiKey = { get: key, refresh: key };
  const { baseUrl } = service;
  const client = createDestination('twelvelabs', { transport, apiKey, baseUrl, clock, log });
  return throttledDestination(client, createCallLimiter({ ...ports, store: () => queue }));
}

/** The service at the end of a wire; every request is judged as it arrives. */
function wireOf({ judged }: PortWorld, asked: Asked[], by: Sandbox): Transport {
  const { service } = judged;
  return {
    async send(request) {
      request.signal.throwIfAborted();
      const arrived = takeApart(request);
      asked.push(arrived);
      judgeArrival(judged, arrived, by);
      return service.transport.send(request);
    },
  };
}

const idleStarter: ExecutionStarter = { start: async () => 'started' };

function logOf({ judged: { tellings } }: PortWorld): Log {
  const note = (message: string, fields: object = {}) =>
    void tellings.logged.push(`${message} ${JSON.stringify(fields)}`);
  return { info: note, warn: note, error: note };
}
