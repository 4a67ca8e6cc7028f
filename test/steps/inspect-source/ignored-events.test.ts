import { describe, expect, it } from 'vitest';
import type { Source } from '#src/core/source/sources.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { type EventChanges, eventOf, harnessWith, watchS3 } from './event-harness.ts';

describe('an event about an unmatched object ends as ignored without a request to S3:', () => {
  it.each<[string, Partial<Source>, EventChanges, string]>([
    ['another prefix', { prefixes: ['in/'] }, {}, 'its key does not begin with "in/"'],
    [
      'a prefix in another letter case',
      { prefixes: ['Reels/'] },
      {},
      'its key does not begin with "Reels/"',
    ],
    ['another suffix', { suffixes: ['.mov'] }, {}, 'its key does not end with ".mov"'],
    ['a smaller object', { minSize: 10 }, { size: 9 }, 'it has 9 bytes, fewer than 10'],
    ['a larger object', { maxSize: 10 }, { size: 11 }, 'it has 11 bytes, more than 10'],
    [
      'an empty object below the bound',
      { minSize: 1 },
      { size: 0 },
      'it has 0 bytes, fewer than 1',
    ],
    ['a folder marker', {}, { key: 'reels/', size: 0 }, 'it is a folder marker'],
  ])('%s', async (_, filters, changes, why) => {
    const harness = await harnessWith([{ bucket: 'films', ...filters }]);
    const s3 = watchS3(harness.doubles);
    const key = changes.key ?? film.key;
    expect(await harness.inspect(eventOf(changes))).toEqual({
      next: 'ended',
      waitSeconds: 0,
      ending: { status: 'ignored', bucket: 'films', key, why },
    });
    expect(harness.doubles.meter.sum('EventsIgnored')).toBe(1);
    expect(s3.requests).toBe(0);
  });

  it('another prefix, in an event without the size', async () => {
    const harness = await harnessWith([{ bucket: 'films', prefixes: ['in/'], minSize: 10 }]);
    const s3 = watchS3(harness.doubles);
    const changes = await harness.inspect(eventOf({ size: undefined }));
    expect(changes).toMatchObject({ ending: { status: 'ignored' } });
    expect(s3.requests).toBe(0);
  });
});

describe('an event about an unmatched object ends as ignored after a request to S3:', () => {
  it('a size that the event does not contain', async () => {
    const harness = await harnessWith([{ bucket: 'films', minSize: 10 }]);
    harness.doubles.source.put(film, Buffer.alloc(0));
    expect(await harness.inspect(eventOf({ size: undefined }))).toMatchObject({
      next: 'ended',
      ending: { status: 'ignored', why: 'it has 0 bytes, fewer than 10' },
    });
    expect(harness.doubles.meter.sum('EventsIgnored')).toBe(1);
  });

  it('a size that changed since the event', async () => {
    const harness = await harnessWith([{ bucket: 'films', maxSize: 10 }]);
    putFilm(harness.doubles, 11);
    expect(await harness.inspect(eventOf({ size: 9 }))).toMatchObject({
      ending: { status: 'ignored', why: 'it has 11 bytes, more than 10' },
    });
  });

  it.each([9, 0])('no video, audio or image, of %i bytes', async (size) => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    const key = 'reels/notes.txt';
    harness.doubles.source.put({ bucket: 'films', key }, Buffer.alloc(size), {
      contentType: 'text/plain',
    });
    expect(await harness.inspect(eventOf({ key, size }))).toMatchObject({
      next: 'ended',
      ending: { status: 'ignored', key, why: expect.stringContaining('text/plain') },
    });
    expect(harness.doubles.meter.sum('EventsIgnored')).toBe(1);
  });
});

describe('an ignored event', () => {
  it('ends the execution successfully, with the reason in the output', async () => {
    const harness = await harnessWith([{ bucket: 'films', prefixes: ['in/'] }]);
    const ended = await harness.inspect(eventOf());
    expect(await harness.record(ended)).toEqual({
      next: 'succeed',
      output: expect.objectContaining({ status: 'ignored', ...film }),
    });
  });
});
