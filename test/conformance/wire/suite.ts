import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import { chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { serviceDefaults } from '../../harness/port-harness.ts';
import { describe, it } from '../behaviours.ts';
import { DirectUpload, unbroken } from '../direct-upload.ts';
import { callsOf, describeCalls } from './calls.ts';
import { describeCreate } from './creates.ts';
import {
  answering,
  type OnWire,
  type OpenWireService,
  openOnWire,
  type WireService,
} from './wire.ts';

const { chunkSizeBytes } = serviceDefaults;

/** Describes the requests of an adapter over HTTP. Each behaviour was once broken, and no other suite noticed. */
export function describeWire(traits: DestinationTraits, open: OpenWireService): void {
  describe('on the wire', () => {
    describeIdentity(open);
    describeSecret(traits, open);
    describeChunks(open);
    describeCalls(traits, open);
    if (traits.sessionCreatedBy === 'open') describeCreate(open);
  });
}

function describeIdentity(open: OpenWireService): void {
  it('has another identity at another server', async () => {
    const one = await openOnWire(open);
    const other = await openOnWire(open);
    expect(one.service.baseUrl).not.toBe(other.service.baseUrl);
    const identities = [one, other].map(({ service }) => service.destination.identity);
    expect(new Set(identities).size, 'identities of two servers').toBe(2);
  });
}

/** Makes every kind of call once. */
async function makeAllCalls({ harness }: OnWire): Promise<void> {
  const upload = await DirectUpload.open(harness, 3 * chunkSizeBytes);
  await upload.send(...upload.indexes);
  await harness.destination.sessionStatus(upload.session, unbroken);
  await harness.destination.assetStatus(await upload.complete(), unbroken);
}

function describeSecret(traits: DestinationTraits, open: OpenWireService): void {
  it('sends its secret as a header, in no URL and no body', async () => {
    const onWire = await openOnWire(open);
    await makeAllCalls(onWire);
    const { wire, secret } = onWire.service;
    const requests = wire.exchanges.map(({ request }) => request);
    expect(requests.filter((one) => inHeaders(one, secret)).length).toBeGreaterThan(0);
    const elsewhere = requests.filter(({ url, body }) => holds(`${url} ${textOf(body)}`, secret));
    expect(elsewhere.map(described), 'requests with the secret in a URL or body').toEqual([]);
  });

  it('sends its secret to its own server only', async () => {
    const onWire = await openOnWire(open);
    // Another server may reject a request that holds the secret.
    await makeAllCalls(onWire).catch(() => {});
    const { wire, secret, baseUrl } = onWire.service;
    const requests = wire.exchanges.map(({ request }) => request);
    const foreign = requests.filter(({ url }) => !`${url}/`.startsWith(`${baseUrl}/`));
    const leaks = foreign.filter((request) => inHeaders(request, secret));
    expect(leaks.map(described), 'other servers that receive it').toEqual([]);
  });

  it('sends its secret to no other server that a reply names', async () => {
    const onWire = await openOnWire(open);
    const { wire, secret, baseUrl } = onWire.service;
    wire.interception = (request, pass) => answerFromElsewhere(request, pass, baseUrl);
    // An adapter may reject the address, or fail there.
    await makeAllCalls(onWire).catch(() => {});
    const requests = wire.exchanges.map(({ request }) => request);
    const leaks = requests.filter(({ url }) => url.startsWith(elsewhere));
    expect(
      leaks.filter((one) => inHeaders(one, secret)).map(described),
      'requests with the secret to an address from a reply',
    ).toEqual([]);
  });

  for (const [name, begin] of callsOf(traits)) {
    it(`shows no secret if the reply to ${name} repeats the request`, async () => {
      const onWire = await openOnWire(open);
      const call = await begin(onWire.harness);
      const shown: string[] = [];
      for (const status of [400, 401, 403, 404, 409, 500])
        shown.push(await echoed(onWire, status, call));
      const secrets = secretsOf(onWire.service);
      const leaks = shown.filter((text) => secrets.some((secret) => holds(text, secret)));
      expect(leaks.length, 'replies whose error or result shows a secret').toBe(0);
    });
  }
}

/** A server that no test starts. */
const elsewhere = 'https://elsewhere.example';

/** Answers with the address of another server in place of each of the service's own, and as the `Location`. */
async function answerFromElsewhere(
  request: HttpRequest,
  pass: () => Promise<HttpReply>,
  baseUrl: string,
): Promise<HttpReply> {
  if (request.url.startsWith(elsewhere)) return { status: 404, text: '', headers: {} };
  const { status, text, headers } = await pass();
  const { origin } = new URL(baseUrl);
  const { pathname } = new URL(headers.location ?? request.url, request.url);
  return {
    status,
    text: text.replaceAll(origin, elsewhere),
    headers: { ...headers, location: elsewhere + pathname },
  };
}

/** Returns all that a call shows if each reply repeats its request, as JSON and as a page in turn. */
async function echoed(
  { service: { wire } }: OnWire,
  status: number,
  call: () => Promise<unknown>,
): Promise<string> {
  wire.interception = (request, pass) => answering(status, echoOf(request))(request, pass);
  const result = await call().catch((error: unknown) => error);
  return inspect(result, { depth: null });
}

function echoOf({ method, url, headers }: HttpRequest): string {
  const message = `${method} ${url} ${Object.entries(headers).join(' ')}`;
  const errors = [{ code: 'bad', message }];
  return JSON.stringify({ code: 'bad', message, detail: message, reason: message, errors });
}

/** The secret, and the values in the queries of its addresses that are long enough to be secret. */
function secretsOf({ wire, secret }: WireService): string[] {
  const queries = wire.exchanges.flatMap(({ request }) => [...new URL(request.url).searchParams]);
  const signed = queries.filter(([name]) => /signature|token|credential/i.test(name));
  return [secret, ...signed.map(([, value]) => value)];
}

function inHeaders({ headers }: HttpRequest, secret: string): boolean {
  return Object.values(headers).some((value) => holds(value, secret));
}

function holds(text: string, secret: string): boolean {
  return text.includes(secret) || text.includes(encodeURIComponent(secret));
}

function textOf(body: HttpRequest['body']): string {
  return typeof body === 'string' ? body : '';
}

/** Names a request without its URL, which may hold a secret. */
function described({ method, url }: HttpRequest): string {
  return `${method} ${new URL(url).host}`;
}

/** Pieces of the chunk that is read piece by piece. */
const pieceCount = 32;
const pieceBytes = 4096;

/** Pieces that may be between the source and the connection. */
const maxPiecesAhead = 2;

function describeChunks(open: OpenWireService): void {
  it('reads a chunk piece by piece as it is sent', async () => {
    const sizeBytes = pieceCount * pieceBytes;
    const { harness, service } = await openOnWire(open, sizeBytes);
    const { session } = await DirectUpload.open(harness, sizeBytes);
    let mostAhead = 0;
    const taken = () => service.wire.exchanges.reduce((sum, { pieces }) => sum + pieces, 0);
    const read = async function* () {
      for (let n = 1; n <= pieceCount; n++) {
        mostAhead = Math.max(mostAhead, n - taken());
        yield Buffer.alloc(pieceBytes, n);
      }
    };
    const chunk = chunkAt(1, sizeBytes, session.chunkSizeBytes);
    await service.destination.sendChunk(session, chunk, { sizeBytes, open: read }, unbroken);
    expect(mostAhead, 'pieces in memory').toBeLessThanOrEqual(maxPiecesAhead);
  });

  it('has read all of a chunk that counts as sent, also if the service holds it already', async () => {
    const sizeBytes = slowPieces * pieceBytes;
    const { harness, service } = await openOnWire(open, sizeBytes);
    let { session } = await DirectUpload.open(harness, sizeBytes);
    const chunk = chunkAt(1, sizeBytes, session.chunkSizeBytes);
    for (const time of ['first', 'second']) {
      const body = slowBody();
      const delivery = await service.destination.sendChunk(session, chunk, body, unbroken);
      session = delivery.session ?? session;
      expect(body.readings(), `complete readings of the chunk, ${time} time`).toBeGreaterThan(0);
    }
  });

  it('has the ETag of a chunk as evidence if the service returns one', async () => {
    const { harness, service } = await openOnWire(open);
    const upload = await DirectUpload.open(harness, chunkSizeBytes);
    await upload.send(1);
    const sent = service.wire.exchanges.find(({ pieces }) => pieces > 0);
    const etag = sent?.reply?.headers.etag?.replaceAll('"', '');
    const md5 = createHash('md5').update(upload.bytes).digest('hex');
    const { evidence, proof } = upload.deliveries.get(1) ?? {};
    const evident = { evidence: 'etag', proof: md5 };
    const reply = `with a reply whose ETag is ${etag === md5 ? 'the MD5 of the chunk' : etag}`;
    expect(etag === md5 ? { evidence, proof } : { evidence }, reply).toEqual(
      etag === md5 ? evident : { evidence: 'none' },
    );
  });
}

/** Enough for the reply to arrive before the last. */
const slowPieces = 8;

/** A chunk whose reading takes longer than the reply of a service that does not read it. */
function slowBody() {
  let readings = 0;
  const open = async function* () {
    for (let n = 1; n <= slowPieces; n++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      yield Buffer.alloc(pieceBytes, n);
    }
    readings++;
  };
  return { sizeBytes: slowPieces * pieceBytes, open, readings: () => readings };
}
