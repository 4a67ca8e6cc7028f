import type { TransferEvent } from '#src/core/ports/events.ts';
import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { HttpReply, Transport } from '#src/core/ports/transport.ts';
import type { Settings } from '#src/core/settings.ts';
import type { Ports } from '#src/step-support/step.ts';
import { completePorts } from '../../harness/product-ports.ts';
import { type ParsedRequest, parseRequest } from '../../simulation/faults/faulty-transport.ts';
import type { Sandbox } from '../../simulation/harness/sandbox.ts';
import { watchedQueue } from '../../simulation/invariants/checked-queue.ts';
import { type CheckContext, watchedStore } from '../../simulation/invariants/checked-store.ts';
import { checkRequest } from '../../simulation/invariants/requests-and-ends.ts';
import type { Simulation } from '../../simulation/load/simulation.ts';
import { directoryOf } from './directory.ts';
import { observedPort, observedSource, observedTransport, type RunOf } from './moments.ts';
import { chunkSizeBytes } from './observed.ts';
import type { ServiceFault } from './service-faults.ts';

/**
 * What happens once, to the first PUT of chunk 2. `wrong ETag`: the reply has an ETag of other bytes.
 * `proof conflict`: another sender has stored the proof of its own PUT before the reply arrives.
 */
export type ReplyFault = 'wrong ETag' | 'proof conflict';

/** What happens once in a run: to the reply of a PUT, or at the service itself. */
export type RunFault = ReplyFault | ServiceFault;

/** Dependencies of a process's ports. */
export interface PortContext {
  /** The parts that the invariant checks read. */
  readonly simulation: Simulation;
  readonly isDirectoryUnavailable: boolean;
  readonly fault?: RunFault | undefined;
  /** Ranges that are sent at once. Default: 2. */
  readonly rangesAtOnce?: number | undefined;
  /** Number of slots. Default: 2, more than the transfers of most scenarios. */
  readonly slots?: number;
  /** Default: starts nothing, for scenarios without a queued transfer. */
  readonly starter?: ExecutionStarter;
}

const standard: Settings = {
  chunksInFlight: 2,
  mapConcurrency: 2,
  noProgressMs: 20_000,
  maxActiveTransfers: 2,
  maxSendConcurrency: 8,
  sendTimeoutMs: 600_000,
  isLocalRun: false,
  sources: { list: [{ bucket: 'films' }], readers: {} },
};

/**
 * Returns the ports of one process. Every call is an effect of the run that the process works for. The
 * simulation's invariant checks observe all parts.
 */
export function portsOf(
  context: PortContext,
  requests: ParsedRequest[],
  sandbox: Sandbox,
  runOf: RunOf,
): Ports {
  const { violations, tables, objects, service, events } = context.simulation;
  const { slots = standard.maxActiveTransfers, starter = idleStarter } = context;
  const { rangesAtOnce: mapConcurrency = standard.mapConcurrency } = context;
  const settings = { ...standard, maxActiveTransfers: slots, mapConcurrency };
  const observed = <T extends object>(part: T, kind: string) =>
    observedPort(part, kind, runOf, sandbox);
  const checkContext: CheckContext = {
    violations,
    bound: () => settings.maxActiveTransfers,
    executionOf: (id) => context.simulation.executions.all.get(id),
    hasRunFor: (id) => context.simulation.executions.all.get(id)?.handle.status() === 'RUNNING',
    wasTaken: (uploadId, chunk) => service.wasTaken(uploadId, chunk),
  };
  const ports = {
    clock: sandbox.clock,
    random: context.simulation.chance.random,
    settings,
    store: observed(watchedStore(tables, checkContext, sandbox), 'store'),
    queue: observed(watchedQueue(tables, checkContext, sandbox), 'queue'),
    source: observedSource(objects, runOf, sandbox),
    events: observed(
      { publish: async (event: TransferEvent) => void events.push(event) },
      'events',
    ),
    executions: observed(directoryOf(context), 'executions'),
    starter: observed(starter, 'starter'),
    log: logOf(context),
    meter: { add: () => {} },
  };
  const transport = observedTransport(wireOf(context, requests, sandbox), runOf, sandbox);
  return completePorts(ports, service, transport);
}

/** Returns a transport to the service that checks every request on arrival. */
function wireOf(
  { simulation, fault }: PortContext,
  requests: ParsedRequest[],
  sandbox: Sandbox,
): Transport {
  const { service } = simulation;
  return {
    async send(request) {
      request.signal.throwIfAborted();
      const parsed = parseRequest(request);
      requests.push(parsed);
      checkRequest(simulation, parsed, sandbox);
      const isFaulty = requests.filter(isPutOfChunk2).length === 1;
      const reply = await service.transport.send(request);
      if (!isFaulty || !isPutOfChunk2(parsed)) return reply;
      if (fault === 'proof conflict') await storeRivalProof(simulation, parsed);
      return fault === 'wrong ETag' ? withEtag(reply, otherEtag) : reply;
    },
  };
}

const otherEtag = '0'.repeat(32);

function isPutOfChunk2({ operation, chunks }: ParsedRequest): boolean {
  return operation === 'put' && chunks[0]?.index === 2;
}

function withEtag(reply: HttpReply, etag: string): HttpReply {
  return { ...reply, headers: { ...reply.headers, etag: `"${etag}"` } };
}

/**
 * Stores the same chunk and its proof as another sender does that was faster with its proof and later
 * with its bytes. Under SSE-KMS, each PUT has an ETag of its own. No process makes this call.
 */
async function storeRivalProof(
  { tables, service: { context } }: Simulation,
  { uploadId }: ParsedRequest,
): Promise<void> {
  const row = tables.uploads.get(uploadId);
  const session = context.sessions.find(uploadId);
  const chunk = session?.chunks[1];
  const stored = chunk?.stored;
  if (!row || !session || !chunk || !stored)
    throw new Error(`chunk 2 of the upload ${uploadId} is not stored`);
  // The store drops what it replaces. Both PUTs have the same bytes, so these stay.
  chunk.stored = { ...stored, content: { ...stored.content, drop: async () => {} } };
  context.sessions.storeChunk(session, 2, { ...stored, etag: otherEtag });
  const { md5 } = stored;
  const proof = { index: 2, sizeBytes: chunkSizeBytes, proof: otherEtag, md5 };
  await tables.store.storeProof(row.transferId, row.number, proof, undefined);
}

const idleStarter: ExecutionStarter = { start: async () => 'started' };

function logOf({ simulation: { captured } }: PortContext): Log {
  const write = (message: string, fields: object = {}) =>
    void captured.logged.push(`${message} ${JSON.stringify(fields)}`);
  return { info: write, warn: write, error: write };
}
