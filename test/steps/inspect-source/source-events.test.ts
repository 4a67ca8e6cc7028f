import { describe, expect, it } from 'vitest';
import type { Source, Sources } from '#src/core/source/sources.ts';
import type { PortHarness } from '../../harness/port-harness.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { StepHarness } from '../../harness/step-harness.ts';

const ourAccount = '111122223333';
const theirAccount = '444455556666';
const readers = {
  [theirAccount]: { roleArn: `arn:aws:iam::${theirAccount}:role/reader`, externalId: 'x' },
};

interface EventChanges {
  readonly bucket?: string;
  readonly key?: string;
  readonly size?: number | undefined;
  readonly etag?: string;
  readonly 'version-id'?: string;
  readonly account?: string | undefined;
  readonly region?: string;
}

/** Returns S3's event about the film, with these changes. */
function eventOf({
  bucket = 'films',
  account = ourAccount,
  region = 'us-east-1',
  ...object
}: EventChanges = {}) {
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    account,
    region,
    detail: { bucket: { name: bucket }, object: { key: film.key, size: 9, ...object } },
  };
}

const harnessWith = (list: readonly Source[], more: Partial<Sources> = {}) =>
  StepHarness.set({}, { sources: { list, readers, ...more } });

/** Counts the requests to S3. */
function watchS3({ source }: PortHarness): { requests: number } {
  const watched = { requests: 0 };
  const inspect = source.inspect.bind(source);
  source.inspect = (reference) => {
    watched.requests++;
    return inspect(reference);
  };
  return watched;
}

describe('an event about an object that matches a source', () => {
  it('pins the object like a manual start', async () => {
    const harness = await harnessWith([{ bucket: 'films', suffixes: ['.MP4'], minSize: 9 }]);
    putFilm(harness.doubles, 9);
    const byHand = await harness.inspect(film);
    expect(await harness.inspect(eventOf())).toEqual({ ...byHand, start: 'event' });
    expect(harness.doubles.meter.taken).toEqual([]);
  });

  it('pins the version that the event names', async () => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    for (const versionId of ['v1', 'v2']) {
      harness.doubles.source.put({ ...film, versionId }, Buffer.alloc(9));
    }
    expect(await harness.inspect(eventOf({ 'version-id': 'v1' }))).toMatchObject({
      next: 'open',
      source: { versionId: 'v1' },
    });
  });

  it('pins the account and Region of the source, also of another account', async () => {
    const harness = await harnessWith([
      { bucket: 'films', account: theirAccount, region: 'eu-west-1' },
    ]);
    putFilm(harness.doubles, 9);
    expect(
      await harness.inspect(eventOf({ account: theirAccount, region: 'eu-west-1' })),
    ).toMatchObject({
      next: 'open',
      source: { account: theirAccount, region: 'eu-west-1' },
    });
  });

  it('is accepted if one of several sources matches', async () => {
    const harness = await harnessWith([
      { bucket: 'films', prefixes: ['in/'] },
      { bucket: 'films', prefixes: ['reels/'] },
    ]);
    putFilm(harness.doubles, 9);
    expect(await harness.inspect(eventOf())).toMatchObject({ next: 'open' });
  });

  it('pins the current content, and logs that it was overwritten', async () => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    expect(await harness.inspect(eventOf({ etag: 'older' }))).toMatchObject({ next: 'open' });
    expect(harness.doubles.logged).toContainEqual({
      message: 'object was overwritten since its event',
      fields: film,
    });
  });

  it('fails if the object cannot be moved', async () => {
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
  const ignoredOf = async (put: (harness: StepHarness) => void, changes: EventChanges = {}) => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    put(harness);
    const { ending } = (await harness.inspect(eventOf(changes))) as unknown as { ending: object };
    const { meter } = harness.doubles;
    const counted = meter.taken.filter(({ metric }) => metric === 'EventsIgnoredByReason');
    return { ending, counted: counted.map(({ by }) => by) };
  };

  it('empty ends as ignored and is counted', async () => {
    const put = (harness: StepHarness) => harness.doubles.source.put(film, Buffer.alloc(0));
    const { ending, counted } = await ignoredOf(put, { size: 0 });
    expect(ending).toEqual({ status: 'ignored', ...film, why: 'it has 0 bytes' });
    expect(counted).toEqual(['empty']);
  });

  it('deleted since the event ends as ignored and is counted', async () => {
    const { ending, counted } = await ignoredOf(() => {});
    expect(ending).toMatchObject({ status: 'ignored', why: expect.stringContaining(film.key) });
    expect(counted).toEqual(['gone']);
  });

  it('empty now ends as ignored although the event reported bytes', async () => {
    const put = (harness: StepHarness) => harness.doubles.source.put(film, Buffer.alloc(0));
    expect((await ignoredOf(put, { size: 9 })).counted).toEqual(['empty']);
  });

  it('not empty any more is accepted although the event reported 0 bytes', async () => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    expect(await harness.inspect(eventOf({ size: 0 }))).toMatchObject({ next: 'open' });
  });
});

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

describe('an event that names a bucket', () => {
  it.each<[string, readonly Source[], EventChanges, string]>([
    [
      'that is not a source',
      [{ bucket: 'films' }],
      { bucket: 'others' },
      'an event of account 111122223333 names the bucket "others", which is not a configured source',
    ],
    [
      'of our account, from an account with a reader',
      [{ bucket: 'films' }],
      { account: theirAccount },
      `an event of account ${theirAccount} names the bucket "films", which is not a source of that account`,
    ],
    [
      'of another account, from our account',
      [{ bucket: 'films', account: theirAccount }],
      {},
      `an event of account ${ourAccount} names the bucket "films", which is not a source of that account`,
    ],
    [
      'of another account, from a third account',
      [
        { bucket: 'films', account: theirAccount },
        { bucket: 'more', account: '777788889999' },
      ],
      { account: '777788889999' },
      'an event of account 777788889999 names the bucket "films", which is not a source of that account',
    ],
  ])('%s, is rejected by name and counted', async (_, list, changes, message) => {
    const harness = await harnessWith(list);
    const s3 = watchS3(harness.doubles);
    await expect(harness.inspect(eventOf(changes))).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
      disposition: 'fail',
      message,
    });
    expect(harness.doubles.meter.taken).toEqual([{ metric: 'ClaimsRefused', value: 1 }]);
    expect(s3.requests).toBe(0);
  });

  it('of our account, from an unknown account, is rejected if the execution names our account', async () => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    const executionId = `arn:aws:states:us-east-1:${ourAccount}:execution:machine:one`;
    const unknown = eventOf({ account: '999999999999' });
    await expect(harness.inspect(unknown, { executionId })).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
      message: expect.stringContaining('account 999999999999'),
    });
    expect(await harness.inspect(eventOf(), { executionId })).toMatchObject({ next: 'open' });
  });

  it('is not compared with the account of a local execution', async () => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    const executionId = 'arn:aws:states:local:000000000000:execution:machine:one';
    expect(await harness.inspect(eventOf(), { executionId })).toMatchObject({ next: 'open' });
  });

  it('of another account is rejected if it contains no account', async () => {
    const harness = await harnessWith([{ bucket: 'films', account: theirAccount }]);
    const { account: _, ...nameless } = eventOf();
    await expect(harness.inspect(nameless)).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
      message: expect.stringContaining('an event of no account'),
    });
  });

  it('is rejected before the filters apply', async () => {
    const harness = await harnessWith([
      { bucket: 'films', account: theirAccount, prefixes: ['in/'] },
    ]);
    await expect(harness.inspect(eventOf())).rejects.toMatchObject({
      name: 'SourceClaimRefusedError',
    });
  });
});

describe('an event of another Region than its source', () => {
  it('is rejected with both Regions', async () => {
    const harness = await harnessWith([{ bucket: 'films', region: 'eu-west-1' }]);
    const s3 = watchS3(harness.doubles);
    await expect(harness.inspect(eventOf({ region: 'us-east-1' }))).rejects.toMatchObject({
      name: 'SourceRegionMismatchError',
      message:
        'an event of the Region us-east-1 names the bucket "films", whose source is in the Region eu-west-1',
    });
    expect(s3.requests).toBe(0);
  });

  it('is accepted if the source names no Region', async () => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    const event = eventOf({ region: 'ap-south-1' });
    expect(await harness.inspect(event)).toMatchObject({ next: 'open' });
  });
});
