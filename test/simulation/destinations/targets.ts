import { createHash, randomBytes } from 'node:crypto';
import type { Fault as CommunityFault } from '#local/simulators/selfcommunity/faults.ts';
import {
  type SevenBridgesSimulator,
  startSevenBridges,
} from '#local/simulators/seven-bridges/server.ts';
import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import {
  type Community,
  openCommunity,
  paper,
} from '../../destinations/selfcommunity/community.ts';
import { patient, serviceOf } from '../../destinations/seven-bridges/bridged.ts';
import type { ManualClock } from '../../harness/clock.ts';
import { openPortHarness } from '../../harness/port-harness.ts';
import type { Faults } from '../faults/fault-classes.ts';
import type { Chance } from '../harness/chance.ts';
import { openPortFaults } from './port-faults.ts';

/** A service under random faults, with the harness of its transfers. */
export interface Target {
  readonly run: Pick<Community, 'harness' | 'change'>;
  readonly sha256: string;
  /** Chunks that the service takes at once. */
  readonly maxInFlight: number;
  /** Faults of the table and of S3. */
  readonly portFaults: Faults;
  /** Returns true if an error may end the transfer for good: its result cannot be known after these faults. */
  isUndecidable(error: string, kills: number): boolean;
  /** Plans one fault of the wire or of the service. */
  planFault(chance: Chance): string;
  /** The SHA-256 of each file at the service, by id. */
  files(): readonly { readonly id: string; readonly sha256: string }[];
  close(): Promise<void>;
}

const transient = [408, 500, 502, 503, 504];

/** Opens SelfCommunity. A lost completion cannot be decided: the service has no call that lists media. */
export async function openPapers(chance: Chance): Promise<Target> {
  const community = await openCommunity({
    mode: chance.pick(['documented', 'library'] as const),
    sizeBytes: chance.between(1, 9_000),
    rotatesRefreshToken: chance.hits(0.5),
  });
  const { harness, service, sha256, close } = community;
  const { faults } = service;
  const { change, faults: portFaults } = openPortFaults(chance, harness);
  const communityFault = (from: Chance) => {
    const on = from.pick(['chunk', 'chunk', 'chunk', 'complete', 'media', 'token'] as const);
    const effect = from.pick([
      { kind: 'status', status: from.pick(transient) },
      { kind: 'throttle', seconds: from.between(1, 90) },
      { kind: 'page', status: from.pick([404, 502, 503]) },
      { kind: 'reset' },
      { kind: 'lost-reply' },
      { kind: 'expire-token' },
    ] as const);
    return { on, nth: from.between(1, 4), ...effect };
  };
  return {
    ...{ run: { harness, change }, portFaults, sha256, maxInFlight: 1, close },
    isUndecidable: (error, kills) =>
      error === 'CompletionUnknownError' && mayHideCompletion(faults.applied, portFaults, kills),
    planFault: (from) => {
      const fault = communityFault(from);
      faults.add(fault);
      return JSON.stringify(fault);
    },
    files: () =>
      service.media().map(({ id }) => ({
        id: String(id),
        sha256: service.storedSha256(String(id)),
      })),
  };
}

/** Statuses of a server, or of a proxy before it, that may have acted on the request. 503 says that it did not. */
const ambiguousStatuses: readonly number[] = [408, 500, 502, 504];

/** True for a fault of the completion after which the media may exist. */
function isAmbiguous(fault: CommunityFault): boolean {
  if (fault.on !== 'complete') return false;
  if ('status' in fault) return ambiguousStatuses.includes(fault.status);
  return fault.kind === 'reset' || fault.kind === 'lost-reply';
}

/**
 * True if the result of the completion may be unknown: its reply was lost or ambiguous, or a process died, or could
 * not write, between the claim of the completion and the record of its result.
 */
function mayHideCompletion(
  applied: readonly CommunityFault[],
  { injected }: Faults,
  kills: number,
): boolean {
  const ofTable = [...injected.keys()].some((name) => name.includes('table'));
  return applied.some(isAmbiguous) || ofTable || kills > 0;
}

/** Opens Seven Bridges. Every result can be known: the service lists its uploads, parts and files. */
export async function openParts(chance: Chance): Promise<Target> {
  let simulator: SevenBridgesSimulator | undefined;
  const agent = createAgent();
  const harness = await openPortHarness(async (clock) => {
    simulator = await startSevenBridges({ clock, partSize: 1024 });
    const transport = patient(createTransport({ agent, clock }));
    return serviceOf({
      simulator,
      clock,
      sent: [],
      bridges: adapterOf(simulator, transport, clock),
    });
  });
  const { faults, entries, storedSha256, close } = simulator as SevenBridgesSimulator;
  const bytes = randomBytes(chance.between(1, 9_000));
  harness.source.put(paper, bytes);
  const { change, faults: portFaults } = openPortFaults(chance, harness);
  return {
    run: { harness, change },
    portFaults,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    maxInFlight: 16,
    isUndecidable: () => false,
    planFault: (from) => {
      const fault = partFault(from);
      faults.add(fault);
      return JSON.stringify(fault);
    },
    files: () => entries().map(({ id }) => ({ id, sha256: storedSha256(id) })),
    close: async () => {
      await closeAgent(agent);
      await close();
    },
  };
}

type AdapterTransport = Parameters<typeof createSevenBridges>[0]['transport'];

function adapterOf(
  { baseUrl, project, token }: SevenBridgesSimulator,
  transport: AdapterTransport,
  clock: ManualClock,
) {
  return createSevenBridges({
    transport,
    clock,
    apiKey: { get: async () => token, refresh: async () => token },
    settings: checkSettings({ baseUrl, project }),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
}

const partOperations = [
  ...(['initialize', 'list', 'details', 'part-url', 'part-url', 'report', 'complete'] as const),
  ...(['file', 'put', 'put', 'put'] as const),
];

function partFault(from: Chance) {
  const on = from.pick(partOperations);
  const ofPut = [{ kind: 'wrong-etag' }, { kind: 'expired-url' }] as const;
  const effect = from.pick([
    { kind: 'status', status: from.pick(transient) },
    { kind: 'throttle', seconds: from.between(1, 90) },
    { kind: 'reset' },
    { kind: 'lost-reply' },
    ...(on === 'put' ? ofPut : []),
  ] as const);
  return { on, nth: from.between(1, 4), ...effect };
}
