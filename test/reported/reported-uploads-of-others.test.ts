import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FaultEffect } from '#local/simulators/seven-bridges/faults.ts';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { openCommunity, paper, runPaper } from '../destinations/selfcommunity/community.ts';
import {
  bridge,
  call,
  failureOf,
  patient,
  requestFor,
  sendAll,
  serviceOf,
  type Through,
  upload,
} from '../destinations/seven-bridges/bridged.ts';
import { sampleBytes } from '../doubles/memory/memory-source.ts';
import { film, openPortHarness, putFilm } from '../harness/port-harness.ts';
import { runTransfer } from '../harness/run-transfer.ts';

/*
 * Reports about clients of services like Seven Bridges and SelfCommunity: Seven Bridges itself, DNAnexus, Synapse,
 * Dropbox, Vimeo, uppy, resumable.js, gcsfs. Each input goes over the wire, through the engine, to our simulators.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

async function openBridged(through: Through = patient, partSize = KiB) {
  const bridged = await bridge({ partSize }, { onNameTaken: 'overwrite' }, through);
  const harness = await openPortHarness(async () => serviceOf(bridged));
  return { bridged, harness, simulator: bridged.simulator };
}

it('small files that overwrite each other arrive, one after the other, each time (sevenbridges-python#80)', async () => {
  const { harness, simulator } = await openBridged();
  const { source } = harness;
  for (let n = 0; n < 30; n++) {
    const input = { bucket: 'films', key: `test${n % 5}.txt`, filename: 'test.txt' };
    const bytes = sampleBytes(100 + n);
    source.put(input, bytes, { etag: `e${n}` });
    const { output } = await runTransfer(harness, input, { executionId: `execution-${n}` });
    expect(output, `upload ${n}`).toMatchObject({ status: 'ready' });
    const files = simulator.entries().map(({ name, id }) => [name, simulator.storedSha256(id)]);
    expect(files).toEqual([['test.txt', createHash('sha256').update(bytes).digest('hex')]]);
  }
});

it('large parts whose connection breaks while they are written arrive (dx-toolkit#710)', async () => {
  const { harness, simulator } = await openBridged(patient, 4 * MiB);
  const sha256 = putFilm(harness, 9 * MiB, {});
  for (const nth of [1, 2, 3, 5]) simulator.faults.add({ on: 'put', nth, kind: 'reset' });
  const { output } = await runTransfer(harness, film);
  expect(simulator.storedSha256(String(output.assetId))).toBe(sha256);
  expect(simulator.calls.filter(({ operation }) => operation === 'put')).toHaveLength(3 + 4);
});

describe('a part is sent again after each failure of its connection (synapsePythonClient#1436)', () => {
  /** Changes the first requests for parts. */
  const firstPuts =
    (change: (request: HttpRequest) => HttpRequest, count = 4): Through =>
    (transport) => {
      let left = count;
      const send = patient(transport).send;
      return {
        send: (request) =>
          request.method === 'PUT' && left-- > 0 ? transport.send(change(request)) : send(request),
      };
    };

  async function portOf(server: Server): Promise<number> {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as { port: number }).port;
  }

  const toPort =
    (port: number) =>
    (request: HttpRequest): HttpRequest => {
      const url = new URL(request.url);
      url.port = String(port);
      return { ...request, url: url.href, replyTimeoutMs: 50 };
    };

  async function expectArrival(through: Through, faults: readonly FaultEffect[] = []) {
    const { harness, simulator } = await openBridged(through);
    const sha256 = putFilm(harness, 3 * KiB - 5);
    for (const [i, fault] of faults.entries())
      simulator.faults.add({ on: 'put', nth: i + 1, ...fault });
    const { output, error } = await runTransfer(harness, film);
    expect([error, output.status]).toEqual([undefined, 'ready']);
    expect(simulator.storedSha256(String(output.assetId))).toBe(sha256);
    expect(simulator.entries()).toHaveLength(1);
  }

  it('nothing listens at first', async () => {
    const server = createServer();
    const port = await portOf(server);
    await new Promise((done) => server.close(done));
    await expectArrival(firstPuts(toPort(port)));
  });

  it('the host takes the bytes and says nothing', async () => {
    const sockets: { destroy(): void }[] = [];
    const server = createServer(
      (socket) => void sockets.push(socket.resume().on('error', () => {})),
    );
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await expectArrival(firstPuts(toPort(await portOf(server))));
  });

  it('the host closes the connection without a reply', async () => {
    await expectArrival(
      patient,
      Array.from({ length: 4 }, () => ({ kind: 'lost-reply' })),
    );
  });
});

describe('a name beyond ASCII arrives as it is (uppy#3084, uppy#2380, uppy#4493)', () => {
  const key = 'reels/tést – 世界 \u{1f3ac} "1";.pdf';
  const name = key.slice('reels/'.length);
  const bytes = sampleBytes(2_500);
  const input = { bucket: 'films', key };

  it('at Seven Bridges', async () => {
    const { harness, simulator } = await openBridged();
    harness.source.put(input, bytes);
    const { output } = await runTransfer(harness, input);
    expect(output).toMatchObject({ status: 'ready' });
    expect(simulator.entries().map((file) => file.name)).toEqual([name]);
  });

  it('at SelfCommunity', async () => {
    const community = await openCommunity();
    onTestFinished(() => community.close());
    const { harness, service } = community;
    harness.source.put(input, bytes, { contentType: 'application/pdf' });
    const { output } = await runTransfer(harness, input);
    expect(output).toMatchObject({ status: 'ready' });
    expect(service.media().map(({ filename }) => filename)).toEqual([name]);
  });
});

describe('the last part is the rest, never longer than a part (resumable.js#462, resumable.js#51)', () => {
  it.each([
    [2.5 * KiB, [1024, 1024, 512]],
    [2 * KiB + 1, [1024, 1024, 1]],
  ])('of %i bytes at Seven Bridges', async (sizeBytes, expected) => {
    const { harness, simulator } = await openBridged();
    putFilm(harness, sizeBytes);
    await runTransfer(harness, film);
    const [first] = simulator.uploads();
    const parts = [...(first?.stored ?? [])].toSorted(([a], [b]) => a - b);
    expect(parts.map(([, part]) => part.sizeBytes)).toEqual(expected);
  });
});

describe('the MD5 covers the rest after whole chunks (gcsfs#232)', () => {
  it.each([1024, 1025, 3 * 1024 + 1])('of %i bytes at SelfCommunity', async (sizeBytes) => {
    const community = await openCommunity({ sizeBytes, chunkSizeBytes: 1024 });
    onTestFinished(() => community.close());
    const { output } = await runPaper(community);
    expect(output, paper.key).toMatchObject({ status: 'ready' });
    expect(community.service.storedSha256(String(output.assetId))).toBe(community.sha256);
  });
});

it('a 409 that names the offset shows that a chunk had arrived (dropbox-sdk-dotnet#118, vimeo.php#183)', async () => {
  const community = await openCommunity({ sizeBytes: 3_300, chunkSizeBytes: 1024 });
  onTestFinished(() => community.close());
  const { service, sha256 } = community;
  const body = { detail: 'Offsets do not match', offset: 2 * 1024 };
  service.faults.add({ on: 'chunk', nth: 2, kind: 'lost-reply' });
  service.faults.add({ on: 'chunk', nth: 3, kind: 'status', status: 409, body });
  const { output } = await runPaper(community);
  expect(output).toMatchObject({ status: 'ready' });
  expect(service.storedSha256(String(output.assetId))).toBe(sha256);
  const chunks = service.calls.filter(({ operation }) => operation === 'chunk');
  // Four chunks, one of them twice, and the question for the upload's state.
  expect(chunks).toHaveLength(6);
});

it('an upload continues if the list of its parts has other types (uppy#2978)', async () => {
  const asText: Through = ({ send }) => ({
    send: async (request) => {
      const reply = await send(request);
      if (!request.url.endsWith('?list_parts=true')) return reply;
      const details = JSON.parse(reply.text);
      const parts = details.parts.map((part: { part_number: number; response: object }) => ({
        ...part,
        part_number: String(part.part_number),
        size: '1024',
        e_tag: '"x"',
      }));
      const uploaded = String(details.uploaded_parts_count);
      return {
        ...reply,
        text: JSON.stringify({ ...details, parts, uploaded_parts_count: uploaded }),
      };
    },
  });
  const bridged = await bridge({}, {}, asText);
  const { assetId } = await upload(bridged, 10);
  expect(bridged.simulator.entries().map(({ id, size }) => [id, size])).toEqual([[assetId, 10]]);
});

it('a completed file without all its bytes is an error, not a success (dx-toolkit#696, canu#1219)', async () => {
  const bridged = await bridge();
  const session = await bridged.bridges.openSession(requestFor(10), call);
  const proofs = await sendAll(bridged, session);
  const alter = (file: Record<string, unknown>) => ({ ...file, size: 8 });
  bridged.simulator.faults.add({ on: 'complete', kind: 'alter', alter });
  const error = await failureOf(bridged.bridges.finish(session, proofs, undefined, call));
  expect(error.name).toBe('ProtocolViolationError');
  expect(error.message).toContain('"8" bytes must be 10. Delete the file.');
});
