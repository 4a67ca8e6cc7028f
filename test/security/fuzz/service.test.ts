import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxStopSeconds } from '#src/core/limits/limits.ts';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import {
  badUrls,
  headerSpoilings,
  type Spoiling,
  spoiledReply,
  spoilings,
} from './inputs/replies.ts';
import { fuzz } from './support/fuzz.ts';
import { openStand, ours, type Stand, type Wire } from './support/handler-harness.ts';
import { judge } from './support/result.ts';
import { standAt } from './support/step-payloads.ts';

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

/** A wire that spoils the replies once it is told to, and keeps what was asked. */
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
const request = { source, mediaType: 'video' as const, filename: 'film.mp4' };
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

function ask({ ports: { destination } }: Stand, operation: Operation, session: UploadSession) {
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

/** Where a chunk goes, and what goes with it: to https alone, and never the key. */
function checkSent(sent: readonly HttpRequest[]): void {
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
  const stand = await openStand(wire);
  const session = await stand.ports.destination.openSession(request, { signal });
  plan.spoiling = spoiling;
  const verdict = await judge(() => ask(stand, operation, session));
  checkSent(sent);
  expect(stand.creates()).toBe(operation === 'open' ? 2 : 1);
  // However many pages a reply may promise.
  expect(sent.length).toBeLessThan(30);
  if (verdict.kind === 'work') return undefined;
  const { retryAfterSeconds = 1, name } = verdict.error;
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(maxStopSeconds);
  return name;
}

const replies = fc.record({ operation: fc.constantFrom(...operations), spoiling: spoilings });
const headed = fc.record({ operation: fc.constantFrom(...operations), spoiling: headerSpoilings });

const steps = ['OpenSession', 'SendChunks', 'ReportProofs', 'ConfirmUpload', 'AwaitAsset'] as const;
const met = fc.record({ step: fc.constantFrom(...steps), spoiling: spoilings });

/** All that a function asks in one call is answered with the same spoiling. */
async function meetReply({
  step,
  spoiling,
}: {
  readonly step: (typeof steps)[number];
  readonly spoiling: Spoiling;
}): Promise<string | undefined> {
  const { wire, sent, plan } = spoilingWire();
  const { stand, payload } = await standAt(step, wire);
  const before = { at: stand.clock.now(), asked: sent.length };
  plan.spoiling = spoiling;
  const verdict = await judge(() => stand.call(step, payload));
  checkSent(sent);
  expect(stand.clock.now() - before.at).toBeLessThanOrEqual(maxVirtualMs);
  expect(sent.length - before.asked).toBeLessThan(100);
  expect(stand.creates()).toBe(1);
  expect(stand.rows()).not.toContain('"name":"UnexpectedError"');
  return verdict.kind === 'work' ? keptError(stand) : verdict.error.name;
}

/** What a range's row keeps of the errors that its sender met: those do not end the step. */
function keptError(stand: Stand): string | undefined {
  return /"error":\{"name":"(\w+)"/.exec(stand.rows())?.[1];
}

describe('a reply of the service that is not what it should be', () => {
  it('is understood or refused by name', async () => {
    await fuzz('service replies', replies, tryReply);
  });

  it('is understood or refused by name, whatever its headers say', async () => {
    await fuzz('reply headers', headed, tryReply);
  });

  it('ends a step well or by name, and has no second session opened', async () => {
    await fuzz('service replies met by a step', met, meetReply);
  });
});

describe('an address that no chunk may be sent to', () => {
  it.each(badUrls)('is refused as the fault of the service: %j', async (url) => {
    const { wire, sent, plan } = spoilingWire();
    const stand = await openStand(wire);
    const session = await stand.ports.destination.openSession(request, { signal });
    plan.spoiling = { how: 'url', url };
    const verdict = await judge(() => ask(stand, 'send', session));
    expect(verdict).toMatchObject({ kind: 'refused', error: { name: 'ProtocolViolationError' } });
    expect(sent.filter((one) => !isApi(one))).toEqual([]);
  });
});
