import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '#local/simulators/twelvelabs/wire/call-log.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';
import { variants } from './undocumented-behaviour.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

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
