import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TwelveLabsSwitches } from '#local/simulators/twelvelabs/settings/switches.ts';
import type { CallRecord } from '#local/simulators/twelvelabs/wire/call-log.ts';
import { startSandbox } from '../../harness/killable-parts.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
  withTimeLimit,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

/** Undocumented behaviour of the service, one variant at a time. */
const variants: readonly (readonly [string, Partial<TwelveLabsSwitches>])[] = [
  ['the service behaves as documented', {}],
  ['reports are counted after completion too', { reportAfterCompletion: 'count-duplicates' }],
  ['a completed chunk gets no URL', { countPastEnd: 'clip', completedChunkUrls: 'skip' }],
  ['an expired session is not found', { expiredSession: 'not-found' }],
  ['a session completes some time after its last report', { completedAfterMs: 20_000 }],
  ['an asset is not found before its upload completes', { unfinishedAsset: 'not-found' }],
  ['only success uses up a URL', { singleUse: 'by-success' }],
  ['ETags are of SSE-KMS', { etag: 'kms' }],
  ['ETags are not hexadecimal', { etag: 'opaque' }],
  ['ETags are of SSE-KMS, undeclared', { etag: 'kms-silent' }],
  ['a bad proof fails its chunk', { badReport: 'mark-failed' }],
  ['a session has no initial URLs', { initialUrls: 0 }],
  ['a rejected PUT closes its connection', { rejectedPut: 'close' }],
  [
    'headers are part of the signature',
    {
      requireUploadHeaders: true,
      uploadHeaders: { 'Content-Type': 'video/mp4', 'x-amz-meta-made-by': 'us' },
    },
  ],
];

describe.each(variants)('if %s', (_what, switches) => {
  it('a film arrives despite many faults', async () => {
    Object.assign(harness.service.switches, switches);
    const film = harness.put(8);
    harness.service.faults.add(
      { on: 'put', chunk: 1, kind: 'lost-reply' },
      { on: 'put', chunk: 2, kind: 'expired-url' },
      { on: 'put', chunk: 3, kind: 'reset-mid-body', afterBytes: 100 },
      { on: 'report', chunk: 4, kind: 'fail-chunk', error: 'lost' },
      { on: 'report', chunk: 5, kind: 'drop-report' },
      { on: 'status', kind: 'html' },
    );
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(1);
    expect(harness.events(film.key)).toHaveLength(1);
  });

  it('a film arrives although the reply to its last report is lost', async () => {
    Object.assign(harness.service.switches, switches);
    const film = harness.put(3);
    harness.service.faults.add({ on: 'report', kind: 'lost-reply' });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(1);
  });

  it('a film arrives although its session expires during the transfer', async () => {
    Object.assign(harness.service.switches, switches);
    const film = harness.put(6);
    const act = ({ uploadId }: CallRecord) => harness.service.expireSession(String(uploadId));
    harness.service.faults.add({ on: 'put', nth: 4, kind: 'callback', act });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(2);
  });
});

describe('a killed run is continued', () => {
  const chosen = ['not found', 'gets no URL', 'signature', 'undeclared'];
  const some = variants.filter(([what]) => chosen.some((words) => what.includes(words)));

  it.each(some)('if %s', async (_what, switches) => {
    Object.assign(harness.service.switches, switches);
    const film = harness.put(8);
    const sandbox = startSandbox(harness, { proofs: 4, chunksInFlight: 1 });
    const dead = harness.start(inputOf(film), withTimeLimit(harness, 'SendChunks', 60));
    await sandbox.killed;
    dead.kill();
    await dead.idle();
    harness.override({});
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(1);
  });
});

describe('a late PUT that replaces a proven chunk, under SSE-KMS', () => {
  /** Sends a chunk again, as an abandoned sender whose bytes arrive after those of its successor. */
  async function putAgain(index: number, uploadId: string, bytes: Uint8Array): Promise<void> {
    const reply = await fetch(
      `${harness.service.baseUrl}/assets/multipart-uploads/${uploadId}/presigned-urls`,
      {
        method: 'POST',
        headers: { 'x-api-key': harness.service.apiKey },
        body: JSON.stringify({ start: index, count: 1 }),
      },
    );
    const { upload_urls: urls } = (await reply.json()) as { upload_urls: { url: string }[] };
    const put = await fetch(String(urls[0]?.url), { method: 'PUT', body: Buffer.from(bytes) });
    expect(put.status).toBe(200);
  }

  it.each(['reject', 'mark-failed'] as const)(
    'causes one more send of that chunk if the service answers the report with %s',
    async (badReport) => {
      Object.assign(harness.service.switches, { etag: 'kms', badReport });
      const film = harness.put(4);
      const act = async ({ uploadId }: CallRecord) => {
        const chunk = harness.service.sessions().at(-1)?.chunks[1];
        await putAgain(2, String(uploadId), new Uint8Array(chunk?.sizeBytes ?? 0));
      };
      harness.service.faults.add({ on: 'report', kind: 'callback', act });
      const output = await expectReady(harness, film, await harness.run(inputOf(film)));
      expect(output.retries).toHaveProperty('ChunkResent');
    },
  );
});
