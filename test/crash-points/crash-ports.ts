import { newCrc } from '#functions/runtime/new-crc.ts';
import { createConcurrencyRegistry } from '#src/core/adaptive-concurrency.ts';
import type { ExecutionStarter, Log, Transport } from '#src/core/ports.ts';
import type { Settings } from '#src/core/settings.ts';
import { createDestination } from '#src/destinations/registry.ts';
import { createCallLimiter } from '#src/steps/call-limiter.ts';
import type { Ports } from '#src/steps/step.ts';
import { throttledDestination } from '#src/steps/throttled-destination.ts';
import { type Asked, takeApart } from '../simulation/faulty-transport.ts';
import type { Sandbox } from '../simulation/sandbox.ts';
import { judgeArrival } from '../simulation/watch-service.ts';
import { type Witness, watchedSlots, watchedStore } from '../simulation/watched-table.ts';
import type { CrashWorld } from './crash-world.ts';
import { directoryOf } from './directory.ts';
import { metPort, metSource, metTransport, type RunOf } from './moments.ts';

const settings: Settings = {
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
export function portsOf(world: CrashWorld, asked: Asked[], by: Sandbox, runOf: RunOf): Ports {
  const { judge, tables, objects, service, events } = world.judged;
  const met = <T extends object>(part: T, kind: string) => metPort(part, kind, runOf, by);
  const witness: Witness = {
    judge,
    maxActiveTransfers: settings.maxActiveTransfers,
    hasRunFor: (id) => world.judged.executions.all.get(id)?.handle.status() === 'RUNNING',
    wasTaken: (uploadId, chunk) => service.wasTaken(uploadId, chunk),
  };
  const ports = {
    clock: by.clock,
    random: world.judged.chance.random,
    settings,
    newCrc,
    concurrency: createConcurrencyRegistry(by.clock, 64),
    store: met(watchedStore(tables, witness, by), 'store'),
    queue: met(watchedSlots(tables, witness), 'queue'),
    source: metSource(objects, runOf, by),
    events: met({ publish: async (event) => void events.push(event) }, 'events'),
    executions: met(directoryOf(world), 'executions'),
    starter: met(starterOf(world), 'starter'),
    log: logOf(world),
    meter: { add: () => {} },
  } satisfies Omit<Ports, 'destination'>;
  const transport = metTransport(wireOf(world, asked, by), runOf, by);
  return { ...ports, destination: destinationOf(world, transport, ports) };
}

/** The real client, its calls limited by the rates that all processes share. */
function destinationOf(
  { judged: { service } }: CrashWorld,
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
function wireOf({ judged }: CrashWorld, asked: Asked[], by: Sandbox): Transport {
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

/** Starts nothing: no run here finds the slots taken. */
function starterOf(_: CrashWorld): ExecutionStarter {
  return { start: async () => 'started' };
}

function logOf({ judged: { tellings } }: CrashWorld): Log {
  const note = (message: string, fields: object = {}) =>
    void tellings.logged.push(`${message} ${JSON.stringify(fields)}`);
  return { info: note, warn: note, error: note };
}
