import { onTestFinished } from 'vitest';
import {
  type SevenBridgesSimulator,
  startSevenBridges,
} from '#local/simulators/seven-bridges/server.ts';
import type { SevenBridgesOptions } from '#local/simulators/seven-bridges/switches.ts';
import { isTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { type Chunk, chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { SessionRequest, UploadSession } from '#src/core/transfer/destination.ts';
import {
  createSevenBridges,
  type SevenBridges,
} from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings, type SettingsInput } from '#src/destinations/seven-bridges/settings.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import type { TestService } from '../../doubles/destinations/service.ts';
import { ManualClock } from '../../harness/clock.ts';

export const call = { signal: new AbortController().signal };

/** The part size of most tests, in bytes. */
export const partSize = 4;

/** The adapter at a simulator. */
export interface Bridged {
  readonly bridges: SevenBridges;
  readonly simulator: SevenBridgesSimulator;
  readonly clock: ManualClock;
  /** The requests of the adapter. */
  readonly sent: HttpRequest[];
}

/** Returns the transport that the adapter uses in place of the real one. */
export type Through = (transport: Transport) => Transport;

/** Starts a simulator with small parts, and an adapter that calls it. Both end with the test. */
export async function bridge(
  options: SevenBridgesOptions = {},
  settings: Partial<SettingsInput> = {},
  through: Through = (transport) => transport,
): Promise<Bridged> {
  const clock = new ManualClock();
  const simulator = await startSevenBridges({ clock, partSize, ...options });
  onTestFinished(() => simulator.close());
  return adapterAt(simulator, clock, settings, through);
}

/** Creates an adapter at a running simulator, as another process has it. */
export function adapterAt(
  simulator: SevenBridgesSimulator,
  clock: ManualClock,
  settings: Partial<SettingsInput> = {},
  through: Through = (transport) => transport,
): Bridged {
  const agent = createAgent();
  onTestFinished(() => closeAgent(agent));
  const transport = createTransport({ agent, clock });
  const sent: HttpRequest[] = [];
  const { baseUrl, project, token } = simulator;
  const place = settings.parent === undefined ? { project } : {};
  const bridges = createSevenBridges({
    transport: through({
      send: (request) => {
        sent.push(request);
        return transport.send(request);
      },
    }),
    apiKey: { get: async () => token, refresh: async () => token },
    settings: checkSettings({ baseUrl, ...place, ...settings }),
    clock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  return { bridges, simulator, clock, sent };
}

/** The request to open a session. */
export function requestFor(
  sizeBytes: number,
  key = 'runs/2026/reads.fastq.gz',
  options: SessionRequest['options'] = {},
): SessionRequest {
  const source = { bucket: 'genomes', key, etag: 'e1', sizeBytes };
  return { source, kind: 'file', filename: key.slice(key.lastIndexOf('/') + 1), options };
}

/** The bytes of a part: its number, repeated. */
function bytesOf({ index, range }: Chunk): Buffer {
  return Buffer.alloc(range.endInclusive - range.start + 1, index);
}

/** Sends one part and returns its proof. */
export async function send(
  { bridges }: Bridged,
  session: UploadSession,
  index: number,
): Promise<ChunkProof> {
  const chunk = chunkAt(index, Number(session.details.sizeBytes), session.chunkSizeBytes);
  const bytes = bytesOf(chunk);
  const open = async function* () {
    yield bytes;
  };
  const body = { sizeBytes: bytes.length, open };
  const { proof } = await bridges.sendChunk(session, chunk, body, call);
  return { index, sizeBytes: bytes.length, proof, md5: '' };
}

/** Sends every part. */
export async function sendAll(bridged: Bridged, session: UploadSession): Promise<ChunkProof[]> {
  const proofs: ChunkProof[] = [];
  for (let index = 1; index <= session.totalChunks; index++)
    proofs.push(await send(bridged, session, index));
  return proofs;
}

/** Opens a session, sends its parts, reports and finishes them. */
export async function upload(
  bridged: Bridged,
  sizeBytes = 10,
  key?: string,
): Promise<UploadSession> {
  const session = await bridged.bridges.openSession(requestFor(sizeBytes, key), call);
  const proofs = await sendAll(bridged, session);
  await bridged.bridges.reportProofs(session, proofs, call);
  return bridged.bridges.finish(session, proofs, undefined, call);
}

/** Returns the operations that the simulator received. */
export function operationsOf({ simulator }: Bridged): string[] {
  return simulator.calls.map(({ operation }) => operation);
}

/** Returns the error of a call. */
export async function failureOf(work: Promise<unknown>): Promise<TransferError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isTransferError(error)) return error;
  throw new Error(`expected a TransferError, not ${String(error)}`);
}

/** Returns the adapter and its simulator as the service of a harness. Faults are the simulator's own. */
export function serviceOf({ bridges, simulator }: Bridged): TestService {
  return {
    destination: bridges,
    faults: { failSend: noFault, failCall: noFault },
    storedSha256: async (fileId) => simulator.storedSha256(fileId),
    assetIds: () => simulator.entries().map(({ id }) => id),
    forgetSessions: () => simulator.forgetUploads(),
    deleteAsset: (fileId) => simulator.deleteFile(fileId),
  };
}

function noFault(): never {
  throw new Error("plan a fault in the simulator's own plan");
}

/** A sleeper moves the clock while replies are in flight: a long timeout prevents false timeouts. */
export const patient: Through = ({ send }) => ({
  send: (request) => send({ ...request, replyTimeoutMs: 3_600_000 }),
});
