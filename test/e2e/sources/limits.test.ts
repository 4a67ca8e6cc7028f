import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { seededContent } from '../../doubles/s3/content.ts';
import {
  bucket,
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

/** Stores an object whose bytes are generated on read. */
function putHuge(key: string, sizeBytes: number) {
  harness.s3.put(bucket, key, seededContent(key, sizeBytes));
  return { bucket, key };
}

describe('an object over its limit', () => {
  it.each([
    ['huge.mp4', 10 * GiB + 1, `video is limited to ${10 * GiB} bytes`],
    ['huge.WAV', 10 * GiB + 1, `audio is limited to ${10 * GiB} bytes`],
    ['huge.jpeg', 32 * MiB + 1, `image is limited to ${32 * MiB} bytes`],
  ])('is rejected by its HEAD alone, and reported once: %s', async (key, sizeBytes, limit) => {
    const result = await harness.run(putHuge(key, sizeBytes));
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceTooLargeError' });
    expect(result.cause).toContain(`${key} has ${sizeBytes} bytes; ${limit}`);
    expect(harness.s3.calls.map(({ method }) => method)).toEqual(['HEAD']);
    expect(harness.service.calls.all()).toEqual([]);
    expect(harness.events(key)).toMatchObject([{ type: 'Transfer Failed' }]);
  });

  it('has one byte more than the configured limit; an object at the limit is accepted', async () => {
    const film = harness.put(3);
    const limit = (maxMediaBytes: number) => {
      process.env.TWELVELABS_MAX_MEDIA_BYTES = String(maxMediaBytes);
      onTestFinished(() => void delete process.env.TWELVELABS_MAX_MEDIA_BYTES);
      harness.override({});
    };
    limit(film.sizeBytes - 1);
    expect(await harness.run(inputOf(film))).toMatchObject({ error: 'SourceTooLargeError' });
    limit(film.sizeBytes);
    await expectReady(harness, film, await harness.run(inputOf(film)));
  });

  it('of the service alone fails with the message of the service', async () => {
    const film = harness.put(3);
    harness.service.switches.maxBytes = { video: 1000, audio: 1000, image: 1000 };
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'RequestRejectedError' });
    expect(result.cause).toContain(`${film.sizeBytes} is over the video limit of 1000 bytes`);
    expect(harness.service.sessions().filter(({ filename }) => filename === film.key)).toEqual([]);
  });
});

describe('the media type of an object', () => {
  it.each([
    ['sound.MP3', 'application/octet-stream', 'audio'],
    ['still.HeIc', 'application/octet-stream', 'image'],
    ['reel.m2ts', 'text/plain', 'video'],
    ['no-extension', 'Video/QuickTime', 'video'],
    ['v1.2-final', ' AUDIO/x-wav; charset=binary', 'audio'],
  ])(
    'follows from its extension, else from its content type: %s of %j',
    async (key, contentType, type) => {
      const film = harness.put(1, { key, traits: { contentType } });
      await expectReady(harness, film, await harness.run(inputOf(film)));
      expect(harness.service.sessions().at(-1)).toMatchObject({ filename: key, type });
    },
  );
});
