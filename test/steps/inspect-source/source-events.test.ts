import { describe, expect, it } from 'vitest';
import type { Source, Sources } from '#src/core/source/sources.ts';
import type { PortHarness } from '../../harness/port-harness.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { StepHarness } from '../../harness/step-harness.ts';

const ours = '111122223333';
const theirs = '444455556666';
const readers = { [theirs]: { roleArn: `arn:aws:iam::${theirs}:role/reader`, externalId: 'x' } };

interface Told {
  readonly bucket?: string;
  readonly key?: string;
  readonly size?: number | undefined;
  readonly etag?: string;
  readonly 'version-id'?: string;
  readonly account?: string | undefined;
  readonly region?: string;
}

/** S3's event about the film, unless told otherwise. */
function eventOf({ bucket = 'films', account = ours, region = 'us-east-1', ...object }: Told = {}) {
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    account,
    region,
    detail: { bucket: { name: bucket }, object: { key: film.key, size: 9, ...object } },
  };
}

const stageWith = (list: readonly Source[], more: Partial<Sources> = {}) =>
  StepHarness.set({}, { sources: { list, readers, ...more } });

/** Counts what S3 is asked. */
function watchS3({ source }: PortHarness): { asked: number } {
  const watched = { asked: 0 };
  const inspect = source.inspect.bind(source);
  source.inspect = (reference) => {
    watched.asked++;
    return inspect(reference);
  };
  return watched;
}

describe('an event about an object that a source takes', () => {
  it('pins the object as a start by hand does', async () => {
    const harness = await stageWith([{ bucket: 'films', suffixes: ['.MP4'], minSize: 9 }]);
    putFilm(harness.doubles, 9);
    const byHand = await harness.inspect(film);
    expect(await harness.inspect(eventOf())).toEqual({ ...byHand, start: 'event' });
    expect(harness.doubles.meter.taken).toEqual([]);
  });

  it('pins the version that it names', async () => {
    const harness = await stageWith([{ bucket: 'films' }]);
    for (const versionId of ['v1', 'v2']) {
      harness.doubles.source.put({ ...film, versionId }, Buffer.alloc(9));
    }
    expect(await harness.inspect(eventOf({ 'version-id': 'v1' }))).toMatchObject({
      next: 'open',
      source: { versionId: 'v1' },
    });
  });

  it('pins account and Region as the source has them, of another account too', async () => {
    const harness = await stageWith([{ bucket: 'films', account: theirs, region: 'eu-west-1' }]);
    putFilm(harness.doubles, 9);
    expect(await harness.inspect(eventOf({ account: theirs, region: 'eu-west-1' }))).toMatchObject({
      next: 'open',
      source: { account: theirs, region: 'eu-west-1' },
    });
  });

  it('is taken where one of several sources takes it', async () => {
    const harness = await stageWith([
      { bucket: 'films', prefixes: ['in/'] },
      { bucket: 'films', prefixes: ['reels/'] },
    ]);
    putFilm(harness.doubles, 9);
    expect(await harness.inspect(eventOf())).toMatchObject({ next: 'open' });
  });

  it('takes what is there by now, and says that it is another content', async () => {
    const harness = await stageWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    expect(await harness.inspect(eventOf({ etag: 'older' }))).toMatchObject({ next: 'open' });
    expect(harness.doubles.logged).toContainEqual({
      message: 'object was overwritten since its event',
      fields: film,
    });
  });

  it('still fails where the object can’t be moved', async () => {
    const harness = await StepHarness.set(
      {},
      { sources: { list: [{ bucket: 'films' }], readers } },
    );
    harness.tune({ maxMediaBytes: 8 });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(eventOf())).rejects.toMatchObject({ name: 'SourceTooLargeError' });
  });
});

describe('B9: an event about an object that is', () => {
  const ignoredOf = async (put: (harness: StepHarness) => void, told: Told = {}) => {
    const harness = await stageWith([{ bucket: 'films' }]);
    put(harness);
    const { ending } = (await harness.inspect(eventOf(told))) as unknown as { ending: object };
    const { meter } = harness.doubles;
    const counted = meter.taken.filter(({ metric }) => metric === 'EventsIgnoredByReason');
    return { ending, counted: counted.map(({ by }) => by) };
  };

  it('empty ends as ignored, and is counted', async () => {
    const put = (harness: StepHarness) => harness.doubles.source.put(film, Buffer.alloc(0));
    const { ending, counted } = await ignoredOf(put, { size: 0 });
    expect(ending).toEqual({ status: 'ignored', ...film, why: 'it has 0 bytes' });
    expect(counted).toEqual(['empty']);
  });

  it('gone since then ends as ignored, and is counted', async () => {
    const { ending, counted } = await ignoredOf(() => {});
    expect(ending).toMatchObject({ status: 'ignored', why: expect.stringContaining(film.key) });
    expect(counted).toEqual(['gone']);
  });

  it('empty by now although the event told of bytes ends as ignored', async () => {
    const put = (harness: StepHarness) => harness.doubles.source.put(film, Buffer.alloc(0));
    expect((await ignoredOf(put, { size: 9 })).counted).toEqual(['empty']);
  });

  it('whole by now although the event told of no bytes is taken', async () => {
    const harness = await stageWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    expect(await harness.inspect(eventOf({ size: 0 }))).toMatchObject({ next: 'open' });
  });
});

describe('an event about a stranger ends as ignored, before S3 is asked anything:', () => {
  it.each<[string, Partial<Source>, Told, string]>([
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
  ])('%s', async (_, filters, told, why) => {
    const harness = await stageWith([{ bucket: 'films', ...filters }]);
    const s3 = watchS3(harness.doubles);
    const key = told.key ?? film.key;
    expect(await harness.inspect(eventOf(told))).toEqual({
      next: 'ended',
      waitSeconds: 0,
      ending: { status: 'ignored', bucket: 'films', key, why },
    });
    expect(harness.doubles.meter.sum('EventsIgnored')).toBe(1);
    expect(s3.asked).toBe(0);
  });

  it('a prefix that differs, where the size is not told', async () => {
    const harness = await stageWith([{ bucket: 'films', prefixes: ['in/'], minSize: 10 }]);
    const s3 = watchS3(harness.doubles);
    const told = await harness.inspect(eventOf({ size: undefined }));
    expect(told).toMatchObject({ ending: { status: 'ignored' } });
    expect(s3.asked).toBe(0);
  });
});

describe('an event about a stranger ends as ignored, once S3 has told of it:', () => {
  it('a size that the event does not tell', async () => {
    const harness = await stageWith([{ bucket: 'films', minSize: 10 }]);
    harness.doubles.source.put(film, Buffer.alloc(0));
    expect(await harness.inspect(eventOf({ size: undefined }))).toMatchObject({
      next: 'ended',
      ending: { status: 'ignored', why: 'it has 0 bytes, fewer than 10' },
    });
    expect(harness.doubles.meter.sum('EventsIgnored')).toBe(1);
  });

  it('a size that it has come to since its event', async () => {
    const harness = await stageWith([{ bucket: 'films', maxSize: 10 }]);
    putFilm(harness.doubles, 11);
    expect(await harness.inspect(eventOf({ size: 9 }))).toMatchObject({
      ending: { status: 'ignored', why: 'it has 11 bytes, more than 10' },
    });
  });

  it.each([9, 0])('no video, audio or image, of %i bytes', async (size) => {
    const harness = await stageWith([{ bucket: 'films' }]);
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
  it('ends the execution well, its output saying why', async () => {
    const harness = await stageWith([{ bucket: 'films', prefixes: ['in/'] }]);
    const ended = await harness.inspect(eventOf());
    expect(await harness.record(ended)).toEqual({
      next: 'succeed',
      output: expect.objectContaining({ status: 'ignored', ...film }),
    });
  });
});

describe('an event that claims a bucket', () => {
  it.each<[string, readonly Source[], Told, string]>([
    [
      'which is no source',
      [{ bucket: 'films' }],
      { bucket: 'others' },
      'an event of account 111122223333 names the bucket "others", which is not a configured source',
    ],
    [
      'of ours, from an account that has a reader',
      [{ bucket: 'films' }],
      { account: theirs },
      `an event of account ${theirs} names the bucket "films", which is not a source of that account`,
    ],
    [
      'of an account, from ours',
      [{ bucket: 'films', account: theirs }],
      {},
      `an event of account ${ours} names the bucket "films", which is not a source of that account`,
    ],
    [
      'of an account, from a third one',
      [
        { bucket: 'films', account: theirs },
        { bucket: 'more', account: '777788889999' },
      ],
      { account: '777788889999' },
      'an event of account 777788889999 names the bucket "films", which is not a source of that account',
    ],
  ])('%s, is refused by name and counted', async (_, list, told, message) => {
    const harness = await stageWith(list);
    const s3 = watchS3(harness.doubles);
    await expect(harness.inspect(eventOf(told))).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
      disposition: 'fail',
      message,
    });
    expect(harness.doubles.meter.taken).toEqual([{ metric: 'ClaimsRefused', value: 1 }]);
    expect(s3.asked).toBe(0);
  });

  it('of ours, from an account that nobody knows, is refused once it is known which is ours', async () => {
    const harness = await stageWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    const executionId = `arn:aws:states:us-east-1:${ours}:execution:machine:one`;
    const stranger = eventOf({ account: '999999999999' });
    await expect(harness.inspect(stranger, { executionId })).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
      message: expect.stringContaining('account 999999999999'),
    });
    expect(await harness.inspect(eventOf(), { executionId })).toMatchObject({ next: 'open' });
  });

  it('is not judged by the account of a local execution, which is nobody’s', async () => {
    const harness = await stageWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    const executionId = 'arn:aws:states:local:000000000000:execution:machine:one';
    expect(await harness.inspect(eventOf(), { executionId })).toMatchObject({ next: 'open' });
  });

  it('of an account is refused where it does not say whose it is', async () => {
    const harness = await stageWith([{ bucket: 'films', account: theirs }]);
    const { account: _, ...nameless } = eventOf();
    await expect(harness.inspect(nameless)).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
      message: expect.stringContaining('an event of no account'),
    });
  });

  it('is refused before its filters are asked', async () => {
    const harness = await stageWith([{ bucket: 'films', account: theirs, prefixes: ['in/'] }]);
    await expect(harness.inspect(eventOf())).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
    });
  });
});

describe('an event of another Region than its source', () => {
  it('is refused with both', async () => {
    const harness = await stageWith([{ bucket: 'films', region: 'eu-west-1' }]);
    const s3 = watchS3(harness.doubles);
    await expect(harness.inspect(eventOf({ region: 'us-east-1' }))).rejects.toMatchObject({
      name: 'SourceRegionMismatchError',
      message:
        'an event of the Region us-east-1 names the bucket "films", whose source is in the Region eu-west-1',
    });
    expect(s3.asked).toBe(0);
  });

  it('is not told where the source names none', async () => {
    const harness = await stageWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    const event = eventOf({ region: 'ap-south-1' });
    expect(await harness.inspect(event)).toMatchObject({ next: 'open' });
  });
});
