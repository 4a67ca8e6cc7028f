import { describe, expect, it } from 'vitest';
import type { Source } from '#src/core/source/sources.ts';
import { StepHarness } from '../../harness/step-harness.ts';

const bucket = 'films';

/** An object in a bucket whose source this is. */
async function stageWith(key: string, contentType: string, source: Partial<Source> = {}) {
  const list = [{ bucket, ...source }];
  const harness = await StepHarness.set({}, { sources: { list, readers: {} } });
  harness.doubles.source.put({ bucket, key }, Buffer.alloc(10), { contentType });
  const byHand = () => harness.inspect({ bucket, key });
  const byEvent = () =>
    harness.inspect({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: { bucket: { name: bucket }, object: { key, size: 10 } },
    });
  return { byHand, byEvent };
}

describe.each([
  ['in/._film.mp4', 'video/mp4', 'is an AppleDouble file'],
  ['src/index.ts', 'text/plain', 'is TypeScript, not'],
  ['tape.r3d', 'binary/octet-stream', 'has neither a known extension nor a video'],
])('B17: %s of %s', (key, contentType, why) => {
  it('is ignored by event, with the reason', async () => {
    const { byEvent } = await stageWith(key, contentType);
    expect(await byEvent()).toMatchObject({
      ending: { status: 'ignored', key, why: expect.stringContaining(why) },
    });
  });

  it('is ignored with what to do where it is media all the same', async () => {
    const { byEvent } = await stageWith(key, contentType);
    expect(await byEvent()).toMatchObject({
      ending: { why: expect.stringContaining('add its suffix to the mediaTypes of the source') },
    });
  });

  it('is refused by hand', async () => {
    const { byHand } = await stageWith(key, contentType);
    await expect(byHand()).rejects.toMatchObject({
      name: 'SourceTypeUnsupportedError',
      message: expect.stringContaining(why),
    });
  });
});

describe('B10: a suffix whose media type its source names', () => {
  const mediaTypes = { '.r3d': 'video' } as const;

  it.each(['byHand', 'byEvent'] as const)('is of that type, %s', async (start) => {
    const harness = await stageWith('Tape.R3D', 'binary/octet-stream', { mediaTypes });
    expect(await harness[start]()).toMatchObject({ next: 'open', source: { mediaType: 'video' } });
  });
});
