import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { minChunksPerSender } from '#src/core/limits/limits.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../harness/wire-harness.ts';

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness({ table: 'dynamodb' });
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

/** Returns an `Object Created` event as EventBridge delivers it. The key is not URL-encoded. */
function objectCreated(bucket: string, key: string, size: number) {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: '2026-11-21T00:00:00Z',
    region: 'us-east-1',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        size,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        sequencer: '00617F08299329D189',
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      reason: 'CompleteMultipartUpload',
    },
  };
}

describe('a transfer without faults', () => {
  it('turns a plain input into a ready asset with exactly its bytes', async () => {
    const film = harness.put(5);
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output).toMatchObject({ chunks: 5, retries: {}, ingestNumber: 1 });
  });

  it.each(['a b+c/ünïcode 🎬.MP4', 'archive/%20 & ?#=.mov', '../up/../and//down.mp4'])(
    'turns an event of the key %j into a ready asset',
    async (key) => {
      const film = harness.put(2, { key });
      await expectReady(
        harness,
        film,
        await harness.run(objectCreated(film.bucket, key, film.sizeBytes)),
      );
    },
  );

  it('costs one HEAD and one one-byte GET per object, a GET and a PUT per chunk, and two calls per 50 chunks', async () => {
    const chunks = 2 * minChunksPerSender + 7;
    const film = harness.put(chunks);
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.s3.count('HEAD')).toBe(1);
    expect(harness.s3.chunkReads()).toBe(chunks);
    expect(harness.s3.count('GET')).toBe(chunks + 1);
    expect(harness.service.calls.counts()).toMatchObject({
      create: 1,
      put: chunks,
      presign: 3,
      report: 3,
      status: 1,
    });
    expect(harness.service.calls.of('put').every(({ urlUse }) => urlUse === 1)).toBe(true);
    expect(harness.service.calls.of('put').some(({ hasApiKey }) => hasApiKey)).toBe(false);
  });

  it('sends filename, metadata and options of the input to the service', async () => {
    const film = harness.put(1, { key: `a/${'x'.repeat(300)}.mp4` });
    const userMetadata = { season: 2026, public: false, title: 'Final' };
    const options = { userMetadata, enableHls: true, enableThumbnail: true };
    await expectReady(harness, film, await harness.run({ ...inputOf(film), ...options }));
    const session = harness.service.sessions().at(-1);
    expect(session).toMatchObject({
      type: 'video',
      enableHls: true,
      enableThumbnail: true,
      userMetadata,
    });
    expect(session?.filename).toBe(`${'x'.repeat(251)}.mp4`);
  });

  it('records the outcome in the row and publishes it once', async () => {
    const film = harness.put(1);
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
    const rows = await harness.rows();
    const row = rows.find((one) => one.transferId === output.transferId && one.row === 'transfer');
    expect(row).toMatchObject({ state: 'ready', outcomePublished: true, assetId: output.assetId });
  });
});
