import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HttpReply, HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { maxParts } from '#src/destinations/seven-bridges/limits.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { ManualClock } from '../../harness/clock.ts';
import { oddJson, oddNumber, oddText } from '../../security/fuzz/inputs/odd-values.ts';
import {
  badUrls,
  type Spoiling,
  spoiledReply,
  spoilings,
} from '../../security/fuzz/inputs/replies.ts';
import { fuzz } from '../../security/fuzz/support/fuzz.ts';
import { classify } from '../../security/fuzz/support/result.ts';
import { bridge, call, requestFor, type Through, upload } from './bridged.ts';

const api = 'https://api.simulated/v2';
const storage = 'https://storage.simulated';
const sizeBytes = 10;

const operations = [
  ...(['openSession', 'prepareChunk', 'sendChunk', 'reportProofs', 'finish'] as const),
  ...(['sessionStatus', 'chunkStates', 'assetStatus', 'listUnfinished', 'checkAccess'] as const),
  'abortSession' as const,
];
type Operation = (typeof operations)[number];

/** The kind of a request: its method, and its path without ids and parts. */
function kindOf({ method, url }: HttpRequest): string {
  const path = url.replace(/^https?:\/\/[^/]+/, '').replace(/\?.*/, '');
  if (!path.startsWith('/v2')) return 'storage';
  return `${method} ${path.replace(/(multipart|files)\/[^/]+/, '$1/id').replace(/part\/\d+/, 'part/n')}`;
}

/** Makes every call once at the simulator, and returns the replies by the kind of their request. */
async function recordedReplies(): Promise<ReadonlyMap<string, HttpReply>> {
  const replies = new Map<string, HttpReply>();
  const through: Through = (transport) => ({
    send: async (request) => {
      const reply = await transport.send(request);
      if (reply.status < 300) replies.set(kindOf(request), reply);
      return reply;
    },
  });
  const bridged = await bridge({}, {}, through);
  const { bridges } = bridged;
  const { assetId = '' } = await upload(bridged, sizeBytes);
  await bridges.assetStatus(assetId, call);
  const open = await bridges.openSession(requestFor(sizeBytes, 'other.bam'), call);
  await bridges.reportProofs(open, [proofOf(1)], call).catch(() => {});
  await bridges.listUnfinished(call);
  await bridges.checkAccess(call);
  await bridges.abortSession(open, call);
  return new Map([...replies].map(([kind, reply]) => [kind, elsewhere(reply)]));
}

/** The simulator's addresses are not https. */
function elsewhere(reply: HttpReply): HttpReply {
  return { ...reply, text: reply.text.replace(/http:\/\/127\.0\.0\.1:\d+/g, storage) };
}

const proofOf = (index: number): ChunkProof => ({
  ...{ index, sizeBytes: 4, proof: '0'.repeat(32), md5: '0'.repeat(32) },
});

const session: UploadSession = {
  ...{ uploadId: 'upload-1', chunkSizeBytes: 4, totalChunks: 3 },
  details: {
    project: 'ada/genomes',
    name: 'reads.bam',
    sizeBytes: String(sizeBytes),
    openedAt: '0',
  },
};

/** Creates the adapter with spoiled replies, and a list of its requests. */
function adapterWith(replies: ReadonlyMap<string, HttpReply>, spoiling: Spoiling) {
  const sent: HttpRequest[] = [];
  const transport: Transport = {
    send: async (request) => {
      sent.push(request);
      if (typeof request.body === 'object') for await (const _ of request.body);
      const reply = replies.get(kindOf(request)) ?? { status: 404, headers: {}, text: '{}' };
      return spoiledReply(structuredClone(reply), spoiling);
    },
  };
  const token = 'token-of-32-characters----------';
  const adapter = createSevenBridges({
    ...{ transport, clock: new ManualClock() },
    apiKey: { get: async () => token, refresh: async () => token },
    settings: checkSettings({ baseUrl: api, project: 'ada/genomes' }),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  return { adapter, sent, token };
}

type Adapter = ReturnType<typeof adapterWith>['adapter'];

function callsOf(adapter: Adapter): Readonly<Record<Operation, () => Promise<unknown>>> {
  const chunk = chunkAt(1, sizeBytes, 4);
  const open = async function* () {
    yield Buffer.alloc(4);
  };
  const proofs = [1, 2, 3].map(proofOf);
  return {
    openSession: () => adapter.openSession(requestFor(sizeBytes), call),
    prepareChunk: () => adapter.prepareChunk(session, 1, call),
    sendChunk: () => adapter.sendChunk(session, chunk, { sizeBytes: 4, open }, call),
    reportProofs: () => adapter.reportProofs(session, proofs, call),
    finish: () => adapter.finish(session, proofs, undefined, call),
    sessionStatus: () => adapter.sessionStatus(session, call),
    chunkStates: () => adapter.chunkStates(session, 1, call),
    assetStatus: () => adapter.assetStatus('file-1', call),
    listUnfinished: () => adapter.listUnfinished(call),
    checkAccess: () => adapter.checkAccess(call),
    abortSession: () => adapter.abortSession(session, call),
  };
}

const fields = fc.constantFrom(
  ...['upload_id', 'part_size', 'parallel_uploads', 'name', 'url', 'method', 'headers', 'expires'],
  ...['success_codes', 'report', 'parts', 'items', 'id', 'size', 'uploaded_parts_count', 'type'],
);

const fieldSpoilings = fc.record({
  how: fc.constant('field' as const),
  name: fields,
  by: fc.oneof(oddJson, oddText, oddNumber, fc.constantFrom(...badUrls)),
});

/** The token goes to the API only, and no request goes to an address that is not https. */
function assertSafe(sent: readonly HttpRequest[], token: string): void {
  for (const { url, headers } of sent) {
    expect(url.startsWith('https://'), 'https').toBe(true);
    const hasToken = Object.values(headers).some((value) => value.includes(token));
    expect(hasToken, 'a request with the token').toBe(url.startsWith(`${api}/`));
  }
}

/** A session has a plan that the limits of the service allow. */
function assertSession({ uploadId, totalChunks, chunkSizeBytes }: UploadSession): void {
  expect(uploadId).toMatch(/^[\x21-\x7e]{1,1024}$/);
  expect(totalChunks).toBe(Math.ceil(sizeBytes / chunkSizeBytes));
  expect(totalChunks).toBeLessThanOrEqual(maxParts);
}

it('an odd reply of Seven Bridges ends in work or in a named error', async () => {
  const replies = await recordedReplies();
  expect([...replies.keys()].length).toBeGreaterThanOrEqual(10);
  const inputs = fc.tuple(fc.constantFrom(...operations), fc.oneof(spoilings, fieldSpoilings));
  await fuzz('replies of Seven Bridges', inputs, async ([operation, spoiling]) => {
    const { adapter, sent, token } = adapterWith(replies, spoiling);
    const result = await classify(callsOf(adapter)[operation]);
    assertSafe(sent, token);
    if (result.kind === 'rejected') return result.error.name;
    if (operation === 'openSession') assertSession(result.value as UploadSession);
    return undefined;
  });
});
