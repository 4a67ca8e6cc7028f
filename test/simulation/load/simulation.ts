import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Settings } from '#src/core/settings.ts';
import type { MetricName } from '#src/core/shared-with-infra/metrics.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { Ports } from '#src/step-support/step.ts';
import { contentOf, MemorySource } from '../../doubles/memory/memory-source.ts';
import { completePorts } from '../../harness/product-ports.ts';
import { drawFaults, type FaultSelection, type Faults } from '../faults/fault-classes.ts';
import { faultyBus } from '../faults/faulty-bus.ts';
import { faultySource, pieceBytes, type SourceFaults } from '../faults/faulty-source.ts';
import { faultyQueue, faultyStore } from '../faults/faulty-table.ts';
import { faultyTransport, type Wire } from '../faults/faulty-transport.ts';
import { openS3Faults, type S3Faults } from '../faults/s3-outages.ts';
import { type Chance, chanceOf } from '../harness/chance.ts';
import { drawsOf, openProcessPool, type ProcessPool } from '../harness/process-pool.ts';
import { dispatcher, type Sandbox, type SandboxEnvironment } from '../harness/sandbox.ts';
import { watchedQueue } from '../invariants/checked-queue.ts';
import {
  type CheckContext,
  openTables,
  type Tables,
  watchedStore,
} from '../invariants/checked-store.ts';
import { checkEnd, checkRequest } from '../invariants/requests-and-ends.ts';
import type { CapturedOutput } from '../invariants/secrets.ts';
import { openViolationLog, type ViolationLog } from '../invariants/violations.ts';
import { openTrace, type Trace } from '../trace.ts';
import { Dispatcher } from './dispatcher.ts';
import { type Execution, Executions } from './executions.ts';
import {
  boundOf,
  recordDisturbed,
  recordingDisturbed,
  starterOf,
  withWindow,
} from './queue-ports.ts';
import { openService, type Service } from './service.ts';

export const buckets = { plain: 'films', versioned: 'films-with-versions' };

/** A deliberate bug in the ports or the transport of the product. */
export interface Mutation {
  ports?(ports: Ports, simulation: Simulation, sandbox: Sandbox): Partial<Ports>;
  transport?(transport: Transport, simulation: Simulation, sandbox: Sandbox): Transport;
}

/** The orphan sessions that the reconciler found. */
export interface Orphans {
  /** The count of the last sweep. */
  counted: number;
}

/**
 * The simulation: the deployed handlers and state machine in virtual time, over ports with seeded faults.
 * All draws come from the seed, so a run can be repeated.
 *
 * 1. `runSeed(seed)` runs one seed to its end and returns its violations; tests use nothing else.
 * 2. `runSeed(seed, mutation)` adds a deliberate bug; a check must report it.
 * 3. `npm run soak -- --seed <seed>` prints the trace of one seed.
 * 4. A new fault: a class in `faults/fault-classes.ts`, and `faults.strikes(name)` at its place.
 * 5. A new invariant: a check in `invariants/` that calls `violations.report`, and a mutation for it.
 */
export interface Simulation {
  readonly chance: Chance;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly violations: ViolationLog;
  /** The settings of the newest deployment. */
  readonly settings: Settings;
  readonly objects: MemorySource;
  readonly s3: S3Faults;
  readonly tables: Tables;
  readonly service: Service;
  readonly executions: Executions;
  readonly dispatcher: Dispatcher;
  /** The source of draws for the queue. */
  readonly queueChance: Chance;
  readonly processPool: ProcessPool;
  /** Events in the order of the bus. */
  readonly events: TransferEvent[];
  /** Output of the product: it must show no secret. */
  readonly captured: CapturedOutput;
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
  mutation: Mutation = {},
  selection?: FaultSelection,
): Promise<Simulation> {
  const chance = chanceOf(seed);
  const s3 = chanceOf(seed ^ 0x53a3);
  const [reported, table] = [chanceOf(seed ^ 0x3ea7), chanceOf(seed ^ 0x7ab1)];
  const queueChance = chanceOf(seed ^ 0x90e0);
  const draws = { chance, reported, s3, table, queue: queueChance };
  const faults = drawFaults(draws, selection);
  const trace = openTrace();
  faults.onStrike = (name) => trace.record('*', name);
  const deployments = [withWindow(drawSettings(chance), faults, queueChance)];
  const environment: SandboxEnvironment = {
    trace,
    chance,
    faults,
    queueChance,
    versionOf: (id) => simulation.executions.all.get(id)?.version,
    latency: chance.pick([0, 0.1, 0.5]),
    killRun: (id) => {
      simulation.executions.kill(id);
      simulation.processPool.killAll(id);
      simulation.onEnd(id);
    },
    abortRun: (id) => {
      simulation.executions.abort(id);
      simulation.onEnd(id);
    },
    confirmed: (uploadIds) => {
      const { confirmed } = simulation.service;
      for (const id of uploadIds) if (!confirmed.has(id)) confirmed.set(id, Date.now());
    },
  };
  const processPool = openProcessPool(environment, (sandbox) =>
    portsOf(simulation, sandbox, mutation),
  );
  const { handlers } = processPool;
  const captured: CapturedOutput = { logged: [], history: [] };
  const { history } = captured;
  const ended = (execution: Execution) => {
    checkEnd(simulation, execution);
    recordDisturbed(simulation.tables.memory, execution);
    simulation.dispatcher.onExecutionEnded(execution);
  };
  const version = () => processPool.version;
  const simulation: Simulation = {
    chance,
    faults,
    trace,
    violations: openViolationLog(),
    get settings() {
      return deployments.at(-1) as Settings;
    },
    settingsOf: (number) => deployments[number] as Settings,
    deploy: (changes) => {
      deployments.push({ ...simulation.settings, ...changes });
      processPool.version++;
    },
    queueChance,
    objects: new MemorySource(),
    s3: openS3Faults(faults, s3),
    tables: openTables(),
    service: await openService(seed, chance, faults),
    executions: new Executions({
      ...{ machine, handlers, trace, chance, faults, history, version, ended },
    }),
    dispatcher: new Dispatcher({
      ...{ machine, handlers, trace, ...drawsOf(environment) },
      executions: () => simulation.executions,
      isQueueEmpty: () => simulation.tables.queue.tickets().length === 0,
    }),
    processPool,
    events: [],
    captured,
    duplicates: new Set(),
    misread: new Set(),
    orphans: { counted: 0 },
    onChange: () => {},
    onEnd: () => {},
  };
  simulation.objects.pieceBytes = simulation.service.connection?.pieceBytes ?? pieceBytes;
  return simulation;
}

function drawSettings(chance: Chance): Settings {
  return {
    chunksInFlight: chance.between(1, 4),
    mapConcurrency: chance.between(1, 3),
    noProgressMs: 20_000,
    maxActiveTransfers: chance.between(1, 3),
    maxSendConcurrency: 8,
    sendTimeoutMs: 600_000,
    isLocalRun: false,
    sources: { list: Object.values(buckets).map((bucket) => ({ bucket })), readers: {} },
  };
}

/** Returns the ports of one process with their faults, then with the mutation. */
function portsOf(simulation: Simulation, sandbox: Sandbox, mutation: Mutation): Ports {
  const { tables } = simulation;
  const settings = simulation.settingsOf(sandbox.version);
  const { chance, faults } = sandbox.functionName === dispatcher ? drawsOf(simulation) : simulation;
  const checkContext: CheckContext = {
    violations: simulation.violations,
    bound: () => boundOf(simulation),
    executionOf: (id) => simulation.executions.all.get(id),
    hasRunFor: (id, ms) => simulation.executions.hasRunFor(id, ms),
    wasTaken: (uploadId, chunk) => simulation.service.wasTaken(uploadId, chunk),
    confirmedAt: (uploadId) => simulation.service.confirmedAt(uploadId),
  };
  const directory = simulation.executions.directory();
  const { clock } = sandbox;
  const checked = watchedStore(tables, checkContext, sandbox);
  const ports = {
    clock,
    random: chance.random,
    settings,
    store: withReceipts(faultyStore(checked, tables, faults, sandbox), sandbox),
    queue: faultyQueue(watchedQueue(tables, checkContext, sandbox), faults, sandbox),
    source: faultySource(simulation.objects, sourceFaultsOf(simulation), sandbox),
    events: faultyBus(simulation, sandbox),
    executions: {
      statusOf: (id: string) => sandbox.call('executions.statusOf', () => directory.statusOf(id)),
      endOf: (id: string) => sandbox.call('executions.endOf', () => directory.endOf(id)),
    },
    starter: starterOf(simulation, sandbox),
    log: logOf(simulation, sandbox),
    meter: {
      add: (metric: MetricName, value: number) => {
        if (metric === 'OrphanSessions') simulation.orphans.counted = value;
      },
    },
  };
  const transport = transportOf(simulation, sandbox, mutation);
  const all = completePorts(ports, simulation.service, transport);
  const unmutated =
    sandbox.functionName === dispatcher ? recordingDisturbed(all, tables.memory) : all;
  return { ...unmutated, ...mutation.ports?.(unmutated, simulation, sandbox) };
}

/** Forgets the completions of a call whose receipt the table did not store. */
function withReceipts(store: TransferStore, sandbox: Sandbox): TransferStore {
  const recordReceipt: TransferStore['recordReceipt'] = (...args) =>
    store.recordReceipt(...args).catch((error) => {
      sandbox.completions = [];
      throw error;
    });
  return { ...store, recordReceipt };
}

function sourceFaultsOf(simulation: Simulation): SourceFaults {
  return {
    faults: simulation.faults,
    change: ({ bucket, key }, how) => simulation.onChange(how, { bucket, key }),
    onWrongBytes: (object) => void simulation.misread.add(contentOf(object)),
    onUnpinnedRead: ({ key, etag }) =>
      simulation.violations.report('every read names the pinned version', `${key} with ${etag}`),
    s3: simulation.s3,
  };
}

/** Returns the faulty transport of one process, with the mutation. */
function transportOf(simulation: Simulation, sandbox: Sandbox, mutation: Mutation): Transport {
  const { service, faults, chance } = simulation;
  const onRequest: Wire['onRequest'] = (request, from) => checkRequest(simulation, request, from);
  const onReplyAbandoned: Wire['onReplyAbandoned'] = ({ name }, waitedMs) =>
    simulation.violations.report(
      'a late reply is waited for',
      `${name} gave up after ${waitedMs} ms`,
    );
  const wire = faultyTransport({ service, faults, chance, onRequest, onReplyAbandoned }, sandbox);
  return mutation.transport?.(wire, simulation, sandbox) ?? wire;
}

function logOf({ trace, captured: { logged } }: Simulation, sandbox: Sandbox): Log {
  const warn = (message: string, fields: object = {}) => {
    const line = `${message} ${JSON.stringify(fields)}`;
    logged.push(line);

    trace.record(sandbox.name, `log: ${line}`);
  };
  const info = (message: string, fields: object = {}) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  return { info, warn, error: warn };
}
