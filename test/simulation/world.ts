import { newCrc } from '#functions/runtime/new-crc.ts';
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
import { type Chance, chanceOf } from './chance.ts';
import { type Execution, Executions } from './executions.ts';
import { drawMishaps, type FaultSelection, type Mishaps } from './fault-classes.ts';
import { faultyBus } from './faulty-bus.ts';
import { faultySource, type SourceFaults } from './faulty-source.ts';
import { faultyQueue, faultyStore } from './faulty-table.ts';
import { faultyTransport, type Wire } from './faulty-transport.ts';
import { drawsOf, type Fleet, openFleet } from './fleet.ts';
import { contentOf, ObjectStore } from './objects.ts';
import { Dispatcher } from './queue/dispatcher.ts';
import { watchedQueue } from './queue/judge-queue.ts';
import { boundOf, noteTrouble, notingTrouble, starterOf, withWindow } from './queue/queue-world.ts';
import { openS3Weather, type S3Weather } from './s3-weather.ts';
import { dispatcher, type Sandbox, type Surroundings } from './sandbox.ts';
import type { Tellings } from './secrets.ts';
import { openService, type Service } from './service.ts';
import { openTrace, type Trace } from './trace.ts';
import { type Judge, openJudge } from './violations.ts';
import { judgeArrival, judgeEnd } from './watch-service.ts';
import { openTables, type Tables, type Witness, watchedStore } from './watched-table.ts';

export const buckets = { plain: 'films', versioned: 'films-with-versions' };

/** A deliberate bug, planted from outside into the parts that the product is given. */
export interface Plant {
  ports?(ports: Ports, world: World, by: Sandbox): Partial<Ports>;
  transport?(transport: Transport, world: World, by: Sandbox): Transport;
}

/** What was told of sessions at the service that no transfer knows. */
export interface Orphans {
  /** How many the last sweep counted. */
  counted: number;
  /** Whose each may be, by its upload; `none` where nobody's was found. */
  readonly attributed: Map<string, string>;
}

/** Everything that one run is made of. */
export interface World {
  readonly chance: Chance;
  readonly mishaps: Mishaps;
  readonly trace: Trace;
  readonly judge: Judge;
  /** Those of the newest deployment. */
  readonly settings: Settings;
  readonly objects: ObjectStore;
  readonly s3: S3Weather;
  readonly tables: Tables;
  readonly service: Service;
  readonly executions: Executions;
  readonly dispatcher: Dispatcher;
  /** Draws of what happens to the queue. */
  readonly queueChance: Chance;
  readonly fleet: Fleet;
  /** Events as they reached the bus. */
  readonly events: TransferEvent[];
  /** What it has told: it must hold no secret. */
  readonly tellings: Tellings;
  /** Assets that were recorded as late duplicates. */
  readonly duplicates: Set<string>;
  /** Contents of which wrong bytes were read, as `contentOf` names them. */
  readonly misread: Set<string>;
  readonly orphans: Orphans;
  /** Is told when an object was written over, with the start that follows from it. */
  onChange: (how: 'overwrite' | 'delete', reference: { bucket: string; key: string }) => void;
  /** Is told when an execution was ended from outside: somebody may start anew. */
  onEnd: (executionId: string) => void;
  /** Deploys again with other settings: executions under way keep those that they began with. */
  deploy(changes: Partial<Settings>): void;
  /** Returns the settings of a deployment, by its number. */
  settingsOf(version: number): Settings;
}

/** Opens the world of a seed. */
export async function openWorld(
  seed: number,
  machine: LocalStateMachine,
  plant: Plant = {},
  selection?: FaultSelection,
): Promise<World> {
  const chance = chanceOf(seed);
  const s3 = chanceOf(seed ^ 0x53a3);
  const [weather, table] = [chanceOf(seed ^ 0x3ea7), chanceOf(seed ^ 0x7ab1)];
  const queueChance = chanceOf(seed ^ 0x90e0);
  const draws = { chance, weather, s3, table, queue: queueChance };
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
    noteTrouble(world.tables.memory, execution);
    world.dispatcher.hear(execution);
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
    s3: openS3Weather(mishaps, s3),
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

/** The ports of one process, each with its faults, and those of the plant on top. */
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
    newCrc,
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
  const given = by.functionName === dispatcher ? notingTrouble(all, tables.memory) : all;
  return { ...given, ...plant.ports?.(given, world, by) };
}

/** A receipt that the table did not take is not recorded, whatever the call makes of that. */
function withReceipts(store: TransferStore, by: Sandbox): TransferStore {
  const recordReceipt: TransferStore['recordReceipt'] = (...given) =>
    store.recordReceipt(...given).catch((error) => {
      by.completions = [];
      throw error;
    });
  return { ...store, recordReceipt };
}

function sourceFaultsOf(world: World): SourceFaults {
  return {
    mishaps: world.mishaps,
    change: ({ bucket, key }, how) => world.onChange(how, { bucket, key }),
    lied: (object) => void world.misread.add(contentOf(object)),
    readBlindly: ({ key, etag }) =>
      world.judge.broken('every read names the version that was pinned', `${key} with ${etag}`),
    s3: world.s3,
  };
}

/** The real client, over a wire that may do anything. */
function clientOf(world: World, by: Sandbox, ports: Ports, plant: Plant) {
  const { service, mishaps, chance } = world;
  const arrives: Wire['arrives'] = (asked, who) => judgeArrival(world, asked, who);
  const gaveUpReply: Wire['gaveUpReply'] = ({ name }, waitedMs) =>
    world.judge.broken('a late reply is waited for', `${name} gave up after ${waitedMs} ms`);
  const wire = faultyTransport({ service, mishaps, chance, arrives, gaveUpReply }, by);
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

function logOf({ trace, duplicates, orphans, tellings: { logged } }: World, by: Sandbox): Log {
  const note = (message: string, fields: object = {}) => {
    const told = `${message} ${JSON.stringify(fields)}`;
    logged.push(told);
    if (message === 'a replaced session made an asset after all') {
      const { duplicates: found } = fields as { duplicates: string };
      for (const assetId of found.split(' ')) duplicates.add(assetId);
    }
    if (message === 'orphan session') {
      const { uploadId, attributedTo } = fields as { uploadId: string; attributedTo: string };
      orphans.attributed.set(uploadId, attributedTo);
    }
    trace.note(by.name, `log: ${told}`);
  };
  const info = (message: string, fields: object = {}) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  return { info, warn: note, error: note };
}
