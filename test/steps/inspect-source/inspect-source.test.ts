import { describe, expect, it } from 'vitest';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { invocationOf } from '../../harness/invocation.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { StepHarness } from '../../harness/step-harness.ts';

/** Returns the identity of the object of an input. */
const identityOf = async (harness: StepHarness, input: object) =>
  (await harness.inspect(input)).objectId;

describe('InspectSource', () => {
  it('pins the object with the options of the start', async () => {
    const harness = await StepHarness.create();
    const object = harness.doubles.source.put(film, Buffer.alloc(9), { contentType: 'video/mp4' });
    const inspected = await harness.inspect({ ...film, filename: 'a.mp4', force: true });
    expect(inspected).toMatchObject({
      source: object,
      options: { filename: 'a.mp4', force: true },
      next: 'open',
      waitSeconds: 0,
    });
  });

  it('leads an input that asks for a preflight to it, without a request to S3', async () => {
    const { ports, doubles } = await StepHarness.create();
    const source = new Proxy(ports.source, {
      get: () => expect.unreachable('S3 was asked'),
    });
    const invocation = invocationOf(doubles, { executionId: 'e' });
    const inspect = (input: object) => inspectSource({ ...ports, source }, input, invocation);
    expect(await inspect({ preflight: true })).toEqual({ next: 'preflight' });
    await expect(inspect({ preflight: false })).rejects.toThrow('Missing input.bucket');
    invocation.close();
  });

  it('gives each version of an object its own identity', async () => {
    const harness = await StepHarness.create();
    const identities = await Promise.all(
      ['v1', 'v2'].map(async (versionId) => {
        harness.doubles.source.put({ ...film, versionId }, Buffer.alloc(9));
        return identityOf(harness, { ...film, versionId });
      }),
    );
    expect(new Set(identities).size).toBe(2);
  });

  it('distinguishes contents by ETag if the bucket has no versions', async () => {
    const harness = await StepHarness.create();
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
  ] as const)('rejects with %s: %s of %i bytes', async (name, key, sizeBytes, traits) => {
    const harness = await StepHarness.create();
    harness.doubles.source.put({ bucket: 'films', key }, Buffer.alloc(sizeBytes), traits);
    const rejected = harness.inspect({ bucket: 'films', key });
    await expect(rejected).rejects.toMatchObject({ name, message: expect.stringContaining(key) });
    expect(harness.doubles.calls.opened).toBe(0);
  });

  it('rejects a bucket that is not a source, by its name and without a request to S3', async () => {
    const harness = await StepHarness.create();
    const reference = { bucket: 'elsewhere', key: 'film.mp4' };
    harness.doubles.source.put(reference, Buffer.alloc(9));
    await expect(harness.inspect(reference)).rejects.toMatchObject({
      name: 'SourceNotConfiguredError',
      disposition: 'fail',
      message: 'the bucket "elsewhere" is not a configured source',
    });
  });

  it('rejects a key outside the prefixes of its bucket without a request to S3', async () => {
    const list = [
      { bucket: 'films', prefixes: ['in/', 'new/'] },
      { bucket: 'films', prefixes: ['old/'] },
    ];
    const harness = await StepHarness.create({}, { sources: { list, readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).rejects.toMatchObject({
      name: 'SourceNotConfiguredError',
      message: `the key ${JSON.stringify(film.key)} does not begin with a prefix of the bucket "films": "in/" or "new/" or "old/"`,
    });
  });

  it('reads the object of a manual start with the source whose prefix it has', async () => {
    const list = [
      { bucket: 'films', prefixes: ['other/'] },
      { bucket: 'films', prefixes: [film.key.slice(0, 3)], region: 'eu-west-1' },
    ];
    const harness = await StepHarness.create({}, { sources: { list, readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).resolves.toMatchObject({ source: { region: 'eu-west-1' } });
  });

  it('ignores suffix and size filters for a manual start', async () => {
    const films = { bucket: 'films', suffixes: ['.mov'], minSize: 100 };
    const harness = await StepHarness.create({}, { sources: { list: [films], readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).resolves.toMatchObject({ next: 'open' });
    expect(harness.doubles.meter.taken).toEqual([]);
  });

  it('pins the account and Region of the source', async () => {
    const account = '444455556666';
    const films = { bucket: 'films', account, region: 'eu-west-1' };
    const harness = await StepHarness.create({}, { sources: { list: [films], readers: {} } });
    putFilm(harness.doubles, 9);
    await expect(harness.inspect(film)).resolves.toMatchObject({
      source: { account, region: 'eu-west-1' },
    });
  });

  it('gives an object the same identity in every source account', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 9);
    const ours = await identityOf(harness, film);
    const films = { bucket: 'films', account: '444455556666', region: 'eu-west-1' };
    harness.tune({ sources: { list: [films], readers: {} } });
    expect(await identityOf(harness, film)).toBe(ours);
  });

  it('reports a missing object', async () => {
    const harness = await StepHarness.create();
    await expect(harness.inspect()).rejects.toMatchObject({ name: 'SourceNotFoundError' });
  });

  it('sends no request to S3 about a folder', async () => {
    const harness = await StepHarness.create();
    const rejected = harness.inspect({ bucket: 'films', key: 'nowhere/' });
    await expect(rejected).rejects.toMatchObject({ name: 'SourceIsFolderError' });
  });

  it('applies the limit that the destination has for the object', async () => {
    const harness = await StepHarness.create();
    const accept = () => ({ kind: 'video', maxBytes: 100, maxFilenameLength: 255 });
    harness.override({ accept });
    const reference = { bucket: 'films', key: 'film.mp4' };
    harness.doubles.source.put(reference, Buffer.alloc(100));
    await expect(harness.inspect(reference)).resolves.toMatchObject({ next: 'open' });
    harness.doubles.source.put(reference, Buffer.alloc(101));
    await expect(harness.inspect(reference)).rejects.toMatchObject({
      name: 'SourceTooLargeError',
      message: expect.stringMatching(/101 bytes.*limited to 100 bytes/),
    });
  });

  it('shows a key with a line break in one line', async () => {
    const harness = await StepHarness.create();
    const reference = { bucket: 'films', key: 'a\nb.mp4' };
    harness.doubles.source.put(reference, Buffer.alloc(0));
    await expect(harness.inspect(reference)).rejects.toMatchObject({
      message: expect.stringMatching(/^[^\n]*$/),
    });
  });
});
