import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { createDestination } from '#src/destinations/registry.ts';
import { createCallLimiter } from '#src/rates/call-limiter.ts';
import { throttledDestination } from '#src/rates/throttled-destination.ts';
import { throttledSource } from '#src/rates/throttled-source.ts';
import type { Ports } from '#src/transfer/step.ts';
import { sdkCrc } from '../../doubles/sdk-crc.ts';
import { type Chance, chanceOf } from '../../harness/chance.ts';
import { type Execution, Executions } from './executions.ts';
import { drawMishaps, type FaultSelection, type Mishaps } from '../faults/fault-classes.ts';
import { faultyBus } from '../faults/faulty-bus.ts';
import { faultySource, type SourceFaults } from '../faults/faulty-source.ts';
import { faultyQueue, faultyStore } from '../faults/faulty-table.ts';
import { faultyTransport, type Wire } from '../faults/faulty-transport.ts';
import { drawsOf, type Fleet, openFleet } from '../../harness/process-pool.ts';
import { contentOf, ObjectStore } from './objects.ts';
import { Dispatcher } from './dispatcher.ts';
import { watchedQueue } from '../invariants/checked-queue.ts';
import { boundOf, recordDisturbed, recordingDisturbed, starterOf, withWindow } from './queue-ports.ts';
import { openS3Faults, type S3Faults } from '../faults/s3-outages.ts';
import { dispatcher, type Sandbox, type Surroundings } from '../../harness/sandbox.ts';
import type { Tellings } from '../invariants/secrets.ts';
import { openService, type Service } from './service.ts';
import { openTrace, type Trace } from '../trace.ts';
import { type Judge, openJudge } from '../invariants/violations.ts';
import { checkRequest, judgeEnd } from '../invariants/requests-and-ends.ts';
import { openTables, type Tables, type Witness, watchedStore } from '../invariants/checked-store.ts';

export const buckets = { plain: 'films', versioned: 'films-with-versions' };

/** A deliberate bug in the ports or the transport of the product. */
export interface Mutation {
  ports?(ports: Ports, world: World, by: Sandbox): Partial<Ports>;
  transport?(transport: Transport, world: World, by: Sandbox): Transport;
}

/** The orphan sessions that the reconciler found. */
export interface Orphans {
  /** The count of the last sweep. */
  counted: number;
  /** The attributed transfer by upload; `none` without a match. */
  readonly attributed: Map<string, string>;
}

/** All parts of one run. */
export interface Simulation {
  readonly chance: Chance;
  readonly mishaps: Mishaps;
  readonly trace: Trace;
  readonly judge: Judge;
  /** The settings of the newest deployment. */
  readonly settings: Settings;
  readonly objects: ObjectStore;
  readonly s3: S3Faults;
  readonly tables: Tables;
  readonly service: Service;
  readonly executions: Executions;
  readonly dispatcher: Dispatcher;
  /** The source of draws for the queue. */
  readonly queueChance: Chance;
  readonly fleet: Fleet;
  /** Events in the order of the bus. */
  readonly events: TransferEvent[];
  /** Output of the product: it must show no secret. */
  readonly tellings: Tellings;
  /** Assets recorded as late duplicates, in rows or events. */
  readonly duplicates: Set<string>;
  /** Contents of which wrong bytes were read, as formatted by `contentOf`. */
  readonly misread: Set<string>;
  readonly orphans: Orphans;
  /** Called when an object is overwritten or deleted. */
  onChange: (how: 'overwrite' | 'delete', reference: { bucket: string; key: string }) => void;
  /** Called when an execution is killed or stopped: an operator may start again. */
  onEnd: (executionId: string) => void;
  /** Deploys other settings; running executions keep their settings. */
  deploy(changes: Partial<Settings>): void;
  /** Returns the settings of a deployment by number. */
  settingsOf(version: number): Settings;
}

/** Opens the simulation of a seed. */
export async function openSimulation(
  seed: number,
  machine: LocalStateMachine,
  plant: Plant = {},
  selection?: FaultSelection,
): Promise<World> {
  const chance = chanceOf(seed);
  const s3 = chanceOf(seed ^ 0x53a3);
  const [reported, table] = [chanceOf(seed ^ 0x3ea7), chanceOf(seed ^ 0x7ab1)];
  const queueChance = chanceOf(seed ^ 0x90e0);
  const draws = { chance, reported, s3, table, queue: queueChance };
  const mishaps = drawMishaps(draws, selection);
  const trace = openTrace();
  mishaps.onStrike = (name) => trace.note('*', name);
  const deployments = [withWindow(drawSettings(chance), mishaps, queueChance)];
  const around: Surroundings = {
    trace,
    chance,
    mishaps,
    queueChance,
    versionOf: (id) => world.executions.all.get(id)?.version,
    latency: chance.pick([0, 0.1, 0.5]),
    killRun: (id) => {
      world.executions.kill(id);
      world.fleet.killAll(id);
      world.onEnd(id);
    },
    abortRun: (id) => {
      world.executions.abort(id);
      world.onEnd(id);
    },
    confirmed: (uploadIds) => {
      const { confirmed } = world.service;
      for (const id of uploadIds) if (!confirmed.has(id)) confirmed.set(id, Date.now());
    },
  };
  const fleet = openFleet(around, (by) => portsOf(world, by, plant));
  const { handlers } = fleet;
  const tellings: Tellings = { logged: [], history: [] };
  const { history } = tellings;
  const ended = (execution: Execution) => {
    judgeEnd(world, execution);
    recordDisturbed(world.tables.memory, execution);
    world.dispatcher.onExecutionEnded(execution);
  };
  const version = () => fleet.version;
  const world: World = {
    chance,
    mishaps,
    trace,
    judge: openJudge(),
    get settings() {
      return deployments.at(-1) as Settings;
    },
    settingsOf: (number) => deployments[number] as Settings,
    deploy: (changes) => {
      deployments.push({ ...world.settings, ...changes });
      fleet.version++;
    },
    queueChance,
    objects: new ObjectStore(chance),
    s3: openS3Faults(mishaps, s3),
    tables: openTables(),
    service: await openService(seed, chance, mishaps),
    executions: new Executions({
      ...{ machine, handlers, trace, chance, mishaps, history, version, ended },
    }),
    dispatcher: new Dispatcher({
      ...{ machine, handlers, trace, ...drawsOf(around) },
      executions: () => world.executions,
      isQueueEmpty: () => world.tables.queue.tickets().length === 0,
    }),
    fleet,
    events: [],
    tellings,
    duplicates: new Set(),
    misread: new Set(),
    orphans: { counted: 0, attributed: new Map() },
    onChange: () => {},
    onEnd: () => {},
  };
  world.objects.pieceBytes = world.service.line?.pieceBytes ?? world.objects.pieceBytes;
  return world;
}

function drawSettings(chance: Chance): Settings {
  return {
    chunksInFlight: chance.between(1, 4),
    mapConcurrency: chance.between(1, 3),
    noProgressMs: 20_000,
    maxActiveTransfers: chance.between(1, 3),
    maxSendConcurrency: 8,
    isLocalRun: false,
    sources: { list: Object.values(buckets).map((bucket) => ({ bucket })), readers: {} },
  };
}

/** Returns the ports of one process with their faults, then with the mutation. */
function portsOf(world: World, by: Sandbox, plant: Plant): Ports {
  const { tables } = world;
  const settings = world.settingsOf(by.version);
  const { chance, mishaps } = by.functionName === dispatcher ? drawsOf(world) : world;
  const witness: Witness = {
    judge: world.judge,
    bound: () => boundOf(world),
    executionOf: (id) => world.executions.all.get(id),
    hasRunFor: (id, ms) => world.executions.hasRunFor(id, ms),
    wasTaken: (uploadId, chunk) => world.service.wasTaken(uploadId, chunk),
    confirmedAt: (uploadId) => world.service.confirmedAt(uploadId),
  };
  const directory = world.executions.directory();
  const { clock } = by;
  const ports: Ports = {
    clock,
    random: chance.random,
    settings,
    newCrc: sdkCrc,
    concurrency: createConcurrencyRegistry(clock, 64),
    store: faultyStore(watchedStore(tables, witness, by), tables, mishaps, by),
    queue: faultyQueue(watchedQueue(tables, witness, by), mishaps, by),
    source: faultySource(world.objects, sourceFaultsOf(world), by),
    destination: undefined as never,
    events: faultyBus(world, by),
    executions: {
      statusOf: (id) => by.call('executions.statusOf', () => directory.statusOf(id)),
      endOf: (id) => by.call('executions.endOf', () => directory.endOf(id)),
    },
    starter: starterOf(world, by),
    log: logOf(world, by),
    meter: {
      add: (metric, value) => {
        if (metric === 'OrphanSessions') world.orphans.counted = value;
      },
    },
  };
  const store = withReceipts(ports.store, by);
  const limiter = createCallLimiter({ ...ports, store: () => ports.queue });
  const all = {
    ...ports,
    store,
    source: throttledSource(ports.source, limiter),
    destination: throttledDestination(clientOf(world, by, ports, plant), limiter),
  };
  const unmutated =
    by.functionName === dispatcher ? recordingDisturbed(all, tables.memory) : all;
  return { ...unmutated, ...plant.ports?.(unmutated, world, by) };
}

/** Forgets the completions of a call whose receipt the table did not store. */
function withReceipts(store: TransferStore, by: Sandbox): TransferStore {
  const recordReceipt: TransferStore['recordReceipt'] = (...args) =>
    store.recordReceipt(...args).catch((error) => {
      by.completions = [];
      throw error;
    });
  return { ...store, recordReceipt };
}

function sourceFaultsOf(world: World): SourceFaults {
  return {
    mishaps: world.mishaps,
    change: ({ bucket, key }, how) => world.onChange(how, { bucket, key }),
    onWrongBytes: (object) => void world.misread.add(contentOf(object)),
    onUnpinnedRead: ({ key, etag }) =>
      world.judge.broken('every read names the version that was pinned', `${key} with ${etag}`),
    s3: world.s3,
  };
}

/** Returns the real client over a faulty transport. */
function clientOf(world: World, by: Sandbox, ports: Ports, plant: Plant) {
  const { service, mishaps, chance } = world;
  const onRequest: Wire['onRequest'] = (request, from) => checkRequest(world, request, from);
  const onReplyAbandoned: Wire['onReplyAbandoned'] = ({ name }, waitedMs) =>
    world.judge.broken('a late reply is waited for', `${name} gave up after ${waitedMs} ms`);
  const wire = faultyTransport({ service, mishaps, chance, onRequest, onReplyAbandoned }, by);
  const { clock, log } = ports;
  const key = async () => service.apiKey;
  return createDestination('twelvelabs', {
    transport: plant.transport?.(wire, world, by) ?? wire,
    apiKey: { get: key, refresh: key },
    baseUrl: service.baseUrl,
    clock,
    log,
  });
}

function logOf({ trace, orphans, tellings: { logged } }: World, by: Sandbox): Log {
  const warn = (message: string, fields: object = {}) => {
    const line = `${message} ${JSON.stringify(fields)}`;
    logged.push(line);
    // The log is the only output of an attribution; its fields identify the line.
    const { uploadId, attributedTo } = fields as { uploadId?: string; attributedTo?: string };
    if (uploadId && attributedTo) orphans.attributed.set(uploadId, attributedTo);
    trace.note(by.name, `log: ${line}`);
  };
  const info = (message: string, fields: object = {}) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  return { info, warn, error: warn };
}
