import { createHash, randomBytes } from 'node:crypto';
import {
  type SevenBridgesSimulator,
  startSevenBridges,
} from '#local/simulators/seven-bridges/server.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings, type SettingsInput } from '#src/destinations/seven-bridges/settings.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { plantedSecret } from '../../conformance/planted-bugs.ts';
import { Wire } from '../../conformance/wire/wire.ts';
import { paper } from '../../destinations/selfcommunity/community.ts';
import { call, requestFor, sendAll, serviceOf } from '../../destinations/seven-bridges/bridged.ts';
import type { ManualClock } from '../../harness/clock.ts';
import { openPortHarness } from '../../harness/port-harness.ts';
import type { Chance } from '../harness/chance.ts';
import type { AdapterMutation } from './adapter-mutations.ts';
import { partFlaws } from './part-checks.ts';
import { PartWatch } from './part-watch.ts';
import { openPortFaults } from './port-faults.ts';
import { type Target, transient } from './target.ts';

/** Small pieces, so that a chunk has several. */
const pieceBytes = 256;

/** What differs between the runs, besides their faults. */
interface Plan {
  readonly sizeBytes: number;
  /** The largest file of the service. */
  readonly maxBytes: number;
  readonly onNameTaken: 'fail' | 'overwrite';
}

function drawPlan(chance: Chance): Plan {
  const sizeBytes = chance.between(2, 9_000);
  const isAtLimit = chance.hits(0.15);
  return {
    sizeBytes,
    maxBytes: isAtLimit ? sizeBytes - chance.between(0, 1) : 1024 * 1024,
    onNameTaken: chance.pick(['fail', 'overwrite']),
  };
}

/** Opens Seven Bridges. Every result can be known: the service lists its uploads, parts and files. */
export async function openSevenBridgesTarget(
  chance: Chance,
  mutation?: AdapterMutation,
): Promise<Target> {
  const { sizeBytes, ...plan } = drawPlan(chance);
  const opened = await openService(plan, mutation);
  const { simulator, harness, watch, wire } = opened;
  const { faults, entries, storedSha256, deleteFile } = simulator;
  const bytes = randomBytes(sizeBytes);
  harness.source.put(paper, bytes);
  harness.source.pieceBytes = pieceBytes;
  const { change, faults: portFaults } = openPortFaults(chance, harness);
  return {
    run: { harness, change },
    ...{ portFaults, deleteFile },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    maxInFlight: 16,
    rejection: sizeBytes > plan.maxBytes ? 'SourceTooLargeError' : undefined,
    isUndecidable: () => false,
    planFault: (from) => {
      if (from.hits(0.15)) return watch.planFault(from);
      const fault = partFault(from);
      faults.add(fault);
      return JSON.stringify(fault);
    },
    files: () => entries().map(({ id }) => ({ id, sha256: storedSha256(id) })),
    flaws: (ends, isUndisturbed) => {
      const { exchanges } = wire;
      const { times, noticed, earlier } = watch;
      const seen = { simulator, harness, exchanges, times, noticed, earlier };
      return partFlaws({ ...seen, ends, isUndisturbed });
    },
    close: opened.close,
  };
}

async function openService(
  { maxBytes, onNameTaken }: Omit<Plan, 'sizeBytes'>,
  mutation: AdapterMutation | undefined,
) {
  const { through = (transport: Transport) => transport, change } = mutation ?? {};
  const agent = createAgent();
  let made: { simulator: SevenBridgesSimulator; watch: PartWatch; wire: Wire } | undefined;
  const harness = await openPortHarness(async (clock) => {
    // A bug may show the token: then it must be no canary.
    const token = mutation ? { token: plantedSecret } : {};
    const simulator = await startSevenBridges({ clock, partSize: 1024, maxBytes, ...token });
    const openWire = () => new Wire(createTransport({ agent, clock }));
    const adapterOver = (transport: Transport) =>
      adapterOf(simulator, transport, clock, { onNameTaken }, maxBytes);
    if (onNameTaken === 'overwrite') await storeOlder(adapterOver(openWire()));
    const wire = openWire();
    const watch = new PartWatch(clock, simulator, wire);
    const bridges = adapterOver(through(wire));
    const destination = watch.watching({ ...bridges, ...change?.(bridges) });
    made = { simulator, watch, wire };
    return { ...serviceOf({ simulator, clock, sent: [], bridges }), destination };
  });
  if (!made) throw new Error('the harness opened no service');
  const { simulator } = made;
  const close = async () => {
    await closeAgent(agent);
    await simulator.close();
  };
  return { ...made, harness, close };
}

function adapterOf(
  { baseUrl, project, token }: SevenBridgesSimulator,
  transport: Transport,
  clock: ManualClock,
  settings: Partial<SettingsInput>,
  maxBytes: number,
) {
  return createSevenBridges({
    ...{ transport, clock, maxBytes },
    apiKey: { get: async () => token, refresh: async () => token },
    settings: checkSettings({ baseUrl, project, ...settings }),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
}

/** Stores a file of the name that the transfer will overwrite. */
async function storeOlder(bridges: Destination): Promise<void> {
  const session = await bridges.openSession(requestFor(1, paper.key), call);
  const proofs = await sendAll({ bridges } as never, session);
  await bridges.finish(session, proofs, undefined, call);
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
  // A run has one completion.
  return { on, nth: on === 'complete' ? 1 : from.between(1, 4), ...effect };
}
