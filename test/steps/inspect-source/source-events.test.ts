import { describe, expect, it } from 'vitest';
import type { Source } from '#src/core/source/sources.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { StepHarness } from '../../harness/step-harness.ts';
import {
  type EventChanges,
  eventOf,
  harnessWith,
  ourAccount,
  readers,
  theirAccount,
  watchS3,
} from './event-harness.ts';

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
    const harness = await StepHarness.create(
      {},
      { sources: { list: [{ bucket: 'films' }], readers } },
    );
    harness.override({
      accept: () => ({ kind: 'video', maxBytes: 8, maxFilenameLength: 255 }),
    });
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
      name: 'SourceClaimRejectedError',
      disposition: 'fail',
      message,
    });
    expect(harness.doubles.meter.taken).toEqual([{ metric: 'ClaimsRejected', value: 1 }]);
    expect(s3.requests).toBe(0);
  });

  it('of our account, from an unknown account, is rejected if the execution names our account', async () => {
    const harness = await harnessWith([{ bucket: 'films' }]);
    putFilm(harness.doubles, 9);
    const executionId = `arn:aws:states:us-east-1:${ourAccount}:execution:machine:one`;
    const unknown = eventOf({ account: '999999999999' });
    await expect(harness.inspect(unknown, { executionId })).rejects.toMatchObject({
      name: 'SourceClaimRejectedError',
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
      name: 'SourceClaimRejectedError',
      message: expect.stringContaining('an event of no account'),
    });
  });

  it('is rejected before the filters apply', async () => {
    const harness = await harnessWith([
      { bucket: 'films', account: theirAccount, prefixes: ['in/'] },
    ]);
    await expect(harness.inspect(eventOf())).rejects.toMatchObject({
      name: 'SourceClaimRejectedError',
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
