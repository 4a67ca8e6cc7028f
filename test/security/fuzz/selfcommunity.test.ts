import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maxStopSeconds } from '#src/core/limits/limits.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import { createSelfCommunity } from '#src/destinations/selfcommunity/destination.ts';
import { ManualClock } from '../../harness/clock.ts';
import { canaries } from '../canaries/canaries.ts';
import { oddJson, oddText } from './inputs/odd-values.ts';
import { type Spoiling, spoiledReply, spoilings } from './inputs/replies.ts';
import { fuzz } from './support/fuzz.ts';
import { classify } from './support/result.ts';

const operations = [
  'first chunk',
  'chunk',
  'finish',
  'status',
  'asset',
  'access',
  'refresh',
] as const;

const names = [
  'upload_id',
  'offset',
  'expires',
  'id',
  'size',
  'detail',
  'errors',
  'access_token',
  'refresh_token',
  'error',
];
const fields = fc.record({
  how: fc.constant('field' as const),
  name: fc.constantFrom(...names),
  by: fc.oneof(oddJson, oddText),
});

const inputs = fc.record({
  operation: fc.constantFrom(...operations),
  spoiling: fc.oneof(spoilings, fields),
});

interface Input {
  readonly operation: (typeof operations)[number];
  readonly spoiling: Spoiling;
}

const { signal } = new AbortController();
const call = { signal };
const details = { kind: 'document', filename: 'paper.pdf', sizeBytes: '128' };
const chunk = { index: 1, range: { start: 0, endInclusive: 63 } };
const body = {
  sizeBytes: 64,
  open: async function* () {
    yield new Uint8Array(64);
  },
};
const proofs = [1, 2].map((index) => ({
  index,
  sizeBytes: 64,
  md5: 'x',
  proof: String(index * 64),
}));
const refreshable = JSON.stringify({
  accessToken: canaries.secretValue,
  refreshToken: `${canaries.secretValue}-2`,
  clientId: 'client',
});

/** The usual reply to a request. */
function usual({ url }: HttpRequest, rejectsToken: boolean): HttpReply {
  const json = (status: number, value: object) => ({
    ...{ status, headers: {}, text: JSON.stringify(value) },
  });
  if (url.endsWith('/oauth/token/')) return json(200, { access_token: 'next', refresh_token: 'r' });
  if (rejectsToken) return json(401, { detail: 'Invalid token.' });
  if (url.endsWith('/complete/')) return json(201, { id: 7, size: 128 });
  if (url.endsWith('/chunk/'))
    return json(201, { upload_id: 'u1', offset: '64', expires: '2030-01-01T00:00:00Z' });
  return json(200, { id: 7 });
}

async function tryReply({ operation, spoiling }: Input): Promise<string | undefined> {
  const sent: string[] = [];
  const destination = createSelfCommunity({
    transport: {
      send: async (request) => {
        sent.push(new URL(request.url).pathname);
        const isRefresh = request.url.endsWith('/oauth/token/');
        const reply = usual(request, operation === 'refresh' && sent.length === 1);
        const isSpoiled = operation === 'refresh' ? isRefresh : true;
        return isSpoiled ? spoiledReply(reply, spoiling) : reply;
      },
    },
    apiKey: { get: async () => refreshable, refresh: async () => refreshable },
    settings: { baseUrl: 'https://community.example.com/api/v2', mode: 'documented' },
    clock: new ManualClock(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const session = { uploadId: 'u1', chunkSizeBytes: 64, totalChunks: 2, details };
  const calls: Record<Input['operation'], () => Promise<unknown>> = {
    'first chunk': () => destination.sendChunk({ ...session, uploadId: '' }, chunk, body, call),
    chunk: () => destination.sendChunk(session, chunk, body, call),
    finish: () => destination.finish(session, proofs as never, 'f'.repeat(32), call),
    status: () => destination.sessionStatus(session, call),
    asset: () => destination.assetStatus('7', call),
    access: async () => destination.checkAccess?.(call),
    refresh: () => destination.assetStatus('7', call),
  };
  const result = await classify(calls[operation]);
  // A completion is repeated only after its token was rejected.
  const refreshes = sent.filter((path) => path === '/oauth/token/').length;
  expect(sent.length - refreshes).toBeLessThanOrEqual(1 + refreshes);
  expect(refreshes).toBeLessThanOrEqual(1);
  if (result.kind === 'work') return undefined;
  const { name, message, retryAfterSeconds = 1 } = result.error;
  expect(message).not.toContain(canaries.secretValue);
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(maxStopSeconds);
  return name;
}

it('an altered reply of SelfCommunity is accepted or rejected by name, and repeats nothing', async () => {
  await fuzz('replies of SelfCommunity', inputs, tryReply);
});
