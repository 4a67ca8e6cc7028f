import { describe, expect, it } from 'vitest';
import type { Source } from '#src/core/source/sources.ts';
import { Negotiated } from '../../doubles/destinations/negotiated.ts';
import { StepHarness } from '../../harness/step-harness.ts';

const bucket = 'films';

/** Returns both kinds of start for an object of a source. */
async function harnessWith(key: string, contentType: string, source: Partial<Source> = {}) {
  const list = [{ bucket, ...source }];
  const harness = await StepHarness.create({}, { sources: { list, readers: {} } });
  harness.doubles.source.put({ bucket, key }, Buffer.alloc(10), { contentType });
  const byManualStart = () => harness.inspect({ bucket, key });
  const byEvent = () =>
    harness.inspect({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: { bucket: { name: bucket }, object: { key, size: 10 } },
    });
  return { byManualStart, byEvent };
}

describe.each([
  ['in/._film.mp4', 'video/mp4', 'is an AppleDouble file'],
  ['src/index.ts', 'text/plain', 'is TypeScript, not'],
  ['tape.r3d', 'binary/octet-stream', 'has neither a known extension nor a video'],
])('B17: %s of %s', (key, contentType, why) => {
  it('ignores its event, with the reason', async () => {
    const { byEvent } = await harnessWith(key, contentType);
    expect(await byEvent()).toMatchObject({
      ending: { status: 'ignored', key, why: expect.stringContaining(why) },
    });
  });

  it('names the setting to change if the file is media', async () => {
    const { byEvent } = await harnessWith(key, contentType);
    expect(await byEvent()).toMatchObject({
      ending: { why: expect.stringContaining('add its suffix to the mediaTypes of the source') },
    });
  });

  it('rejects a manual start', async () => {
    const { byManualStart } = await harnessWith(key, contentType);
    await expect(byManualStart()).rejects.toMatchObject({
      name: 'SourceTypeUnsupportedError',
      message: expect.stringContaining(why),
    });
  });
});

describe('B10: a suffix with a configured media type', () => {
  const mediaTypes = { '.r3d': 'video' } as const;

  it.each(['byManualStart', 'byEvent'] as const)('has that type, %s', async (start) => {
    const harness = await harnessWith('Tape.R3D', 'binary/octet-stream', { mediaTypes });
    expect(await harness[start]()).toMatchObject({ next: 'open', source: { mediaType: 'video' } });
  });
});

describe('a destination that takes every type of file', () => {
  const bucket = 'genomes';
  const key = 'runs/reads.fastq.gz';
  const starts = {
    manual: { bucket, key },
    event: {
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: { bucket: { name: bucket }, object: { key, size: 10 } },
    },
  };

  it.each(Object.entries(starts))(
    'takes a file that is no media by a start: %s',
    async (_, input) => {
      const harness = await StepHarness.createWith(
        (clock, options) => new Negotiated(clock, options),
        {},
        { sources: { list: [{ bucket }], readers: {} } },
      );
      harness.doubles.source.put({ bucket, key }, Buffer.alloc(10), {});
      const inspected = await harness.inspect(input);
      expect(inspected).toMatchObject({ next: 'open', source: { key } });
      expect(await harness.open(inspected)).toMatchObject({ next: 'send' });
    },
  );
});
