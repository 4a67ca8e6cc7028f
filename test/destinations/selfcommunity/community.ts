import { createHash, randomBytes } from 'node:crypto';
import { createContainer } from '#functions/runtime/container.ts';
import { createHandlers } from '#local/handlers.ts';
import {
  type SelfCommunitySimulator,
  startSelfCommunity,
} from '#local/simulators/selfcommunity/server.ts';
import type { SelfCommunityOptions } from '#local/simulators/selfcommunity/switches.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { type ExecutionHandle, startExecution } from '#local/state-machine/run.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import { createSelfCommunity } from '#src/destinations/selfcommunity/destination.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import type { Ports } from '#src/step-support/step.ts';
import { deployedMachine } from '../../harness/machine.ts';
import { openPortHarness, type PortHarness } from '../../harness/port-harness.ts';
import { type Around, wrapPort } from '../../harness/wrap-port.ts';

/** A change of the ports, such as a deliberate bug. */
export type Change = (ports: Ports) => Partial<Ports>;

export interface CommunityOptions extends Omit<SelfCommunityOptions, 'clock'> {
  readonly change?: Change;
  readonly chunkSizeBytes?: number;
  readonly sizeBytes?: number;
}

/** The deployed state machine over ports in memory, with the real adapter at the simulator. */
export interface Community {
  readonly harness: PortHarness;
  readonly service: SelfCommunitySimulator;
  /** The SHA-256 of the document to move. */
  readonly sha256: string;
  readonly change: Change;
  close(): Promise<void>;
}

/** The document that every run moves. */
export const paper = { bucket: 'films', key: 'reports/paper.pdf' };

/** A sleeper moves the clock while replies are in flight: a long timeout prevents false timeouts. */
const replyTimeoutMs = 3_600_000;

/** Opens a community and stores a document of a few chunks. */
export async function openCommunity(options: CommunityOptions = {}): Promise<Community> {
  const { change = () => ({}), chunkSizeBytes = 1024, sizeBytes = 3_300, ...switches } = options;
  let service: SelfCommunitySimulator | undefined;
  const agent = createAgent();
  const harness = await openPortHarness(async (clock) => {
    service = await startSelfCommunity({ clock, ...switches });
    const { baseUrl, secret } = service;
    const transport = createTransport({ agent, clock });
    const destination = createSelfCommunity({
      transport: { send: (request) => transport.send({ ...request, replyTimeoutMs }) },
      apiKey: { get: async () => secret(), refresh: async () => secret() },
      settings: { baseUrl, mode: switches.mode ?? 'documented' },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      ...{ clock, chunkSizeBytes },
    });
    return {
      destination,
      faults: { failSend: () => {}, failCall: () => {} },
      storedSha256: async (id) => (service as SelfCommunitySimulator).storedSha256(id),
      assetIds: () => service?.media().map(({ id }) => String(id)) ?? [],
      forgetSessions: () => service?.forgetUploads(),
      deleteAsset: (id) => service?.deleteMedia(id),
    };
  });
  const bytes = randomBytes(sizeBytes);
  harness.source.put(paper, bytes, { contentType: 'application/pdf' });
  return {
    ...{ harness, service: service as SelfCommunitySimulator, change },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    close: async () => {
      await closeAgent(agent);
      await service?.close();
    },
  };
}

/** Where a run is killed: before or after one call of the table or the service, counted from 1. */
export interface Kill {
  readonly call: number;
  /** In place of the number: the first call of this name, such as `destination.finish`. */
  readonly at?: string;
  readonly when: 'before' | 'after';
  /** `function`: the state machine calls it again. `run`: the execution ends, too. */
  readonly what: 'function' | 'run';
}

/** The end of an execution, and the calls that it made. */
export interface End {
  readonly status: string;
  readonly error: string | undefined;
  readonly output: Readonly<Record<string, unknown>>;
  /** Such as `store.storeProof`, `destination.finish`. */
  readonly calls: readonly string[];
  /** State transitions. */
  readonly transitions: number;
}

interface RunOptions {
  readonly executionId?: string;
  readonly kill?: Kill;
  /** Called at the kill. */
  readonly onKill?: () => void;
}

/** How many times faster the interpreter's own retry delays pass. */
const timeFactor = 10_000;

/** True if the n-th call, counted from 1, is the first one of a name. */
function isFirst(calls: readonly string[], n: number, name: string): boolean {
  return calls.indexOf(name) === n - 1;
}

/** Runs one execution to its end. */
export async function runPaper(
  { harness, change }: Pick<Community, 'harness' | 'change'>,
  { executionId = 'execution-a', kill, onKill }: RunOptions = {},
): Promise<End> {
  const calls: string[] = [];
  let current = Promise.withResolvers<never>();
  let handle: ExecutionHandle | undefined;
  const die = () => {
    onKill?.();
    if (kill?.what === 'run') handle?.kill();
    // A killed process leaves nothing in the memory of the next one.
    concurrency = openProcess();
    current.reject(Object.assign(new Error('killed'), { name: 'Runtime.ExitError' }));
    return new Promise<never>(() => {});
  };
  const around =
    (port: string): Around =>
    (name, call) => {
      if (name === 'accept' || name === 'identityOf') return call();
      const n = calls.push(`${port}.${name}`);
      const isMeant = kill && (kill.at ? isFirst(calls, n, kill.at) : kill.call === n);
      return (async () => {
        if (isMeant && kill.when === 'before') return die();
        const result = await call();
        return isMeant ? die() : result;
      })();
    };
  const openProcess = () => createConcurrencyRegistry(harness.clock, 64);
  let concurrency = openProcess();
  const changed = { ...harness.ports, ...change(harness.ports) };
  const ports = {
    ...changed,
    concurrency: (transferId: string) => concurrency(transferId),
    store: wrapPort(changed.store, around('store')),
    destination: wrapPort(changed.destination, around('destination')),
  };
  const startedAt = new Date(harness.clock.now()).toISOString();
  const killable = ([name, handler]: [string, LambdaHandler]): [string, LambdaHandler] => [
    name,
    async (payload: object, context) => {
      current = Promise.withResolvers<never>();
      current.promise.catch(() => {});
      const called = { ...payload, executionId, startedAt };
      return Promise.race([handler(called as never, context), current.promise]);
    },
  ];
  const handlers = Object.entries(createHandlers(createContainer({}, ports))).map(killable);
  harness.executions.states.set(executionId, 'running');
  handle = startExecution({
    machine: deployedMachine(),
    handlers: Object.fromEntries(handlers),
    input: paper,
    timeFactor,
    sleep: (ms) => harness.clock.sleep(ms),
  });
  const { status, error, output, transitions } = await handle.result;
  harness.executions.states.set(executionId, 'ended');
  return { status, error, calls, transitions, output: (output ?? {}) as End['output'] };
}

/** Returns the guarantees that do not hold after the last of several executions. */
export function brokenPromises(
  { service, sha256, harness }: Community,
  { status, error, output }: End,
  { mayBeUnknown = false } = {},
): string[] {
  const media = service.media();
  const others = media.filter(({ id }) => service.storedSha256(String(id)) !== sha256);
  const isReady = status === 'SUCCEEDED' && output.assetId === String(media[0]?.id);
  const isUnknown = mayBeUnknown && error === 'CompletionUnknownError';
  const broken: [boolean, string][] = [
    [media.length > 1, `${media.length} media`],
    [others.length > 0, 'a media of other bytes'],
    [harness.calls.mostInFlight > 1, `${harness.calls.mostInFlight} chunks in flight`],
    [!isReady && !isUnknown, `it ended ${status} ${error}`],
  ];
  return broken.filter(([isBroken]) => isBroken).map(([, text]) => text);
}
