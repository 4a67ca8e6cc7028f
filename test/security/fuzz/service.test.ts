import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxStopSeconds } from '#src/core/limits/limits.ts';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import { type StepWith, stepsWith } from '#src/core/shared-with-infra/permissions.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import {
  badUrls,
  headerSpoilings,
  type Spoiling,
  spoiledReply,
  spoilings,
} from './inputs/replies.ts';
import { fuzz } from './support/fuzz.ts';
import {
  type HandlerHarness,
  openHandlerHarness,
  ours,
  type Wire,
} from './support/handler-harness.ts';
import { classify } from './support/result.ts';
import { openAtStep } from './support/step-payloads.ts';

const maxVirtualMs = 120_000;

const operations = [
  'open',
  'prepare',
  'send',
  'report',
  'status',
  'chunks',
  'asset',
  'list',
] as const;
type Operation = (typeof operations)[number];

/** Returns a transport that alters replies once the plan is set, and records the requests. */
function spoilingWire() {
  const sent: HttpRequest[] = [];
  const plan: { spoiling?: Spoiling } = {};
  const wire: Wire = (inner): Transport => ({
    async send(request) {
      sent.push(request);
      if (request.url.startsWith('https://uploads.simulated/') || isApi(request)) {
        const reply = await inner.send(request);
        return plan.spoiling ? spoiledReply(reply, plan.spoiling) : reply;
      }
      for await (const _ of request.body ?? []);
      return { status: 403, headers: {}, text: '' };
    },
  });
  return { wire, sent, plan };
}

const isApi = ({ url }: HttpRequest) => url.startsWith('https://api.simulated/');

const { signal } = new AbortController();
const source = { ...ours, etag: 'e', sizeBytes: 300 };
const request = { source, kind: 'video', filename: 'film.mp4', options: {} };
const chunk = { index: 1, range: { start: 0, endInclusive: 63 } };
const body = {
  sizeBytes: 64,
  open: async function* () {
    yield new Uint8Array(64);
  },
};
const proof = {
  index: 1,
  sizeBytes: 64,
  md5: 'x',
  sha256: '',
  proof: 'e'.repeat(32),
  evidence: 'etag' as const,
  sentAt: 0,
};

function ask(
  { ports: { destination } }: HandlerHarness,
  operation: Operation,
  session: UploadSession,
) {
  const { assetId = '' } = session;
  const calls: Record<Operation, () => Promise<unknown>> = {
    open: () => destination.openSession(request, { signal }),
    prepare: () => destination.prepareChunks(session, [1, 2, 3], { signal }),
    send: () => destination.sendChunk(session, chunk, body, { signal }),
    report: () => destination.reportProofs(session, [proof as never], { signal }),
    status: () => destination.sessionStatus(session, { signal }),
    chunks: () => destination.chunkStates(session, 1, { signal }),
    asset: () => destination.assetStatus(assetId, { signal }),
    list: () =>
      (destination.listUnfinished as NonNullable<typeof destination.listUnfinished>)({ signal }),
  };
  return calls[operation]();
}

/** Checks that chunks are sent only to https and without the API key. */
function checkRequests(sent: readonly HttpRequest[]): void {
  for (const { url, headers } of sent.filter((one) => !isApi(one))) {
    expect(url).toMatch(/^https:\/\/[^/?#@\\\s]+([/?#]|$)/i);
    expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain('x-api-key');
  }
}

interface Reply {
  readonly operation: Operation;
  readonly spoiling: Spoiling;
}

async function tryReply({ operation, spoiling }: Reply): Promise<string | undefined> {
  const { wire, sent, plan } = spoilingWire();
  const harness = await openHandlerHarness(wire);
  const session = await harness.ports.destination.openSession(request, { signal });
  plan.spoiling = spoiling;
  const result = await classify(() => ask(harness, operation, session));
  checkRequests(sent);
  expect(harness.creates()).toBe(operation === 'open' ? 2 : 1);
  // Independent of the number of pages that a reply claims.
  expect(sent.length).toBeLessThan(30);
  if (result.kind === 'work') return undefined;
  const { retryAfterSeconds = 1, name } = result.error;
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(maxStopSeconds);
  return name;
}

const replies = fc.record({ operation: fc.constantFrom(...operations), spoiling: spoilings });
const headed = fc.record({ operation: fc.constantFrom(...operations), spoiling: headerSpoilings });

const met = fc.record({ step: fc.constantFrom(...stepsWith('callService')), spoiling: spoilings });

/** Alters all replies of one function call in the same way. */
async function meetReply({
  step,
  spoiling,
}: {
  readonly step: StepWith<'callService'>;
  readonly spoiling: Spoiling;
}): Promise<string | undefined> {
  const { wire, sent, plan } = spoilingWire();
  const { harness, payload } = await openAtStep(step, wire);
  const before = { at: harness.clock.now(), asked: sent.length };
  plan.spoiling = spoiling;
  const result = await classify(() => harness.call(step, payload));
  checkRequests(sent);
  expect(harness.clock.now() - before.at).toBeLessThanOrEqual(maxVirtualMs);
  expect(sent.length - before.asked).toBeLessThan(100);
  expect(harness.creates()).toBe(1);
  expect(harness.rows()).not.toContain('"name":"UnexpectedError"');
  return result.kind === 'work' ? storedError(harness) : result.error.name;
}

/** Returns the error in the row of a range. Such an error does not end the step. */
function storedError(harness: HandlerHarness): string | undefined {
  return /"error":\{"name":"(\w+)"/.exec(harness.rows())?.[1];
}

describe('an altered reply of the service', () => {
  it('is accepted or rejected by name', async () => {
    await fuzz('service replies', replies, tryReply);
  });

  it('is accepted or rejected by name with any headers', async () => {
    await fuzz('reply headers', headed, tryReply);
  });

  it('ends a step with success or by name, without a second session', async () => {
    await fuzz('service replies met by a step', met, meetReply);
  });
});

describe('a URL to which no chunk may be sent', () => {
  it.each(badUrls)('is rejected as a protocol violation: %j', async (url) => {
    const { wire, sent, plan } = spoilingWire();
    const harness = await openHandlerHarness(wire);
    const session = await harness.ports.destination.openSession(request, { signal });
    plan.spoiling = { how: 'url', url };
    const result = await classify(() => ask(harness, 'send', session));
    expect(result).toMatchObject({ kind: 'rejected', error: { name: 'ProtocolViolationError' } });
    expect(sent.filter((one) => !isApi(one))).toEqual([]);
  });
});
