import { describe, expect, it } from 'vitest';
import { film, putFilm } from '../../harness/port-harness.ts';
import { StepHarness } from '../../harness/step-harness.ts';

/** The identity of what an input names. */
const identityOf = async (harness: StepHarness, input: object) =>
  (await harness.inspect(input)).object;

describe('InspectSource', () => {
  it('pins the object and hands it on with what was asked for', async () => {
    const harness = await StepHarness.set();
    const object = harness.doubles.source.put(film, Buffer.alloc(9), { contentType: 'video/mp4' });
    const inspected = await harness.inspect({ ...film, filename: 'a.mp4', force: true });
    expect(inspected).toMatchObject({
      source: object,
      options: { filename: 'a.mp4', force: true },
      next: 'open',
      waitSeconds: 0,
    });
  });

  it('gives each version of an object an identity of its own', async () => {
    const harness = await StepHarness.set();
    const identities = await Promise.all(
      ['v1', 'v2'].map(async (versionId) => {
        harness.doubles.source.put({ ...film, versionId }, Buffer.alloc(9));
        return identityOf(harness, { ...film, versionId });
      }),
    );
    expect(new Set(identities).size).toBe(2);
  });

  it('tells contents apart by ETag where there are no versions', async () => {
    const harness = await StepHarness.set();
    putFilm(harness.doubles, 10);
    const first = await identityOf(harness, film);
    putFilm(harness.doubles, 11);
    expect(await identityOf(harness, film)).not.toBe(first);
  });

  it.each([
    ['SourceIsFolderError', 'reels/', 5, {}],
    ['SourceEmptyError', 'reels/film.mp4', 0, {}],
    ['SourceTypeUnsupportedError', 'reels/notes.txt', 5, { contentType: 'text/plain' }],
    ['SourceTypeUnsupportedError', 'reels/notes', 5, {}],
    ['SourceTooLargeError', 'reels/film.mp4', 5, { sizeBytes: 1024 * 1024 + 1 }],
  ] as const)('refuses with %s: %s of %i bytes', async (name, key, sizeBytes, traits) => {
    const harness = await StepHarness.set();
    harness.doubles.source.put({ bucket: 'films', key }, Buffer.alloc(sizeBytes), traits);
    const refused = harness.inspect({ bucket: 'films', key });
    await expect(refused).rejects.toMatchObject({ name, message: expect.stringContaining(key) });
    expect(harness.doubles.asked.opened).toBe(0);
  });

  it('refuses a bucket that no source names, by its name and before S3 is asked', async () => {
    const harness = await StepHarness.set();
    const reference = { bucket: 'elsewhere', key: 'film.mp4' };
    harness.doubles.source.put(reference, Buffer.alloc(9));
    await expect(harness.inspect(reference)).rejects.toMatchObject({
      name: 'SourceNotConfiguredError',
      disposition: 'fail',
      message: 'the bucket "elsewhere" is not a configured source',
    });
  });

  it('refuses a key outside the prefixes of its bucket, which no role may read, before S3 is asked', async () => {
    const list = [
      { bucket: 'films', prefixes: ['in/', 'new/'] },
      { bucket: 'films', prefixes: ['old/'] },
    ];
    const harness = await StepHarness.set({}, { sources: { list, readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).rejects.toMatchObject({
      name: 'SourceNotConfiguredError',
      message: `the key ${JSON.stringify(film.key)} does not begin with a prefix of the bucket "films": "in/" or "new/" or "old/"`,
    });
  });

  it('reads what a person names with the reader of the source whose prefix it has', async () => {
    const list = [
      { bucket: 'films', prefixes: ['other/'] },
      { bucket: 'films', prefixes: [film.key.slice(0, 3)], region: 'eu-west-1' },
    ];
    const harness = await StepHarness.set({}, { sources: { list, readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).resolves.toMatchObject({ source: { region: 'eu-west-1' } });
  });

  it('takes what a person names whatever the suffixes and sizes of its source are', async () => {
    const films = { bucket: 'films', suffixes: ['.mov'], minSize: 100 };
    const harness = await StepHarness.set({}, { sources: { list: [films], readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).resolves.toMatchObject({ next: 'open' });
    expect(harness.doubles.meter.taken).toEqual([]);
  });

  it('pins account and Region as its source has them', async () => {
    const account = '444455556666';
    const films = { bucket: 'films', account, region: 'eu-west-1' };
    const harness = await StepHarness.set({}, { sources: { list: [films], readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).resolves.toMatchObject({
      source: { account, region: 'eu-west-1' },
    });
  });

  it('gives an object the same identity from whichever account it is read', async () => {
    const harness = await StepHarness.set();
    putFilm(harness.doubles, 9);
    const ours = await identityOf(harness, film);
    const films = { bucket: 'films', account: '444455556666', region: 'eu-west-1' };
    harness.tune({ sources: { list: [films], readers: {} } });
    expect(await identityOf(harness, film)).toBe(ours);
  });

  it('says that an object is not there', async () => {
    const harness = await StepHarness.set();
    await expect(harness.inspect()).rejects.toMatchObject({ name: 'SourceNotFoundError' });
  });

  it('asks S3 nothing about a folder', async () => {
    const harness = await StepHarness.set();
    const refused = harness.inspect({ bucket: 'films', key: 'nowhere/' });
    await expect(refused).rejects.toMatchObject({ name: 'SourceIsFolderError' });
  });

  it.each([
    ['maxMediaBytes', 'film.mp4'],
    ['maxMediaBytes', 'sound.WAV'],
    ['maxImageBytes', 'still.png'],
  ])('takes the configured %s for %s in place of the service’s limit', async (setting, key) => {
    const harness = await StepHarness.set({}, { [setting]: 100 });
    const reference = { bucket: 'films', key };
    harness.doubles.source.put(reference, Buffer.alloc(100));
    await expect(harness.inspect(reference)).resolves.toMatchObject({ next: 'open' });
    harness.doubles.source.put(reference, Buffer.alloc(101));
    await expect(harness.inspect(reference)).rejects.toMatchObject({
      name: 'SourceTooLargeError',
      message: expect.stringMatching(/101 bytes.*limited to 100 bytes/),
    });
  });

  it('shows a key with a line break in one line', async () => {
    const harness = await StepHarness.set();
    const reference = { bucket: 'films', key: 'a\nb.mp4' };
    harness.doubles.source.put(reference, Buffer.alloc(0));
    await expect(harness.inspect(reference)).rejects.toMatchObject({
      message: expect.stringMatching(/^[^\n]*$/),
    });
  });
});
