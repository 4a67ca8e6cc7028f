import { describe, expect, it } from 'vitest';
import { readRequest } from '#src/steps/request.ts';
import { failureOf } from '../http/served-transport.ts';

const smallest = { bucket: 'films', key: 'film.mp4' };

const event = {
  version: '0',
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: {
    version: '0',
    bucket: { name: 'films' },
    object: { key: 'a b/ü+%2F.mp4', size: 5, etag: 'e', 'version-id': 'v1', sequencer: '00' },
    reason: 'PutObject',
  },
};

/** The message that an input is refused with. */
async function refusal(input: unknown): Promise<string> {
  const error = await failureOf(Promise.resolve().then(() => readRequest(input)));
  expect(error.name).toBe('InvalidInputError');
  return error.message;
}

describe('a plain input', () => {
  it('needs no more than bucket and key', () => {
    expect(readRequest(smallest)).toEqual({ reference: smallest, options: {} });
  });

  it('may name a version and every option', () => {
    const options = {
      filename: 'Premiere.mp4',
      userMetadata: { reel: 3, final: true, title: 'näh' },
      enableHls: true,
      enableThumbnail: false,
      force: true,
    };
    const input = { ...smallest, versionId: 'v1', ...options };
    expect(readRequest(input)).toEqual({ reference: { ...smallest, versionId: 'v1' }, options });
  });

  it('has a key as S3 holds it: nothing is decoded', () => {
    expect(readRequest({ ...smallest, key: 'a%20b/c+d.mp4' }).reference.key).toBe('a%20b/c+d.mp4');
  });

  it('has a key of at most 1,024 bytes, however many characters these are', async () => {
    expect(readRequest({ ...smallest, key: 'ü'.repeat(512) }).reference.key).toHaveLength(512);
    expect(await refusal({ ...smallest, key: 'ü'.repeat(513) })).toContain('key');
  });

  it('has metadata of at most 16 KiB', async () => {
    const fits = { note: 'x'.repeat(16 * 1024 - '{"note":""}'.length) };
    expect(readRequest({ ...smallest, userMetadata: fits }).options.userMetadata).toEqual(fits);
    const tooMuch = { note: `${fits.note}x` };
    expect(await refusal({ ...smallest, userMetadata: tooMuch })).toContain('userMetadata');
  });

  it.each([
    ['bucket', { key: 'film.mp4' }],
    ['bucket', { ...smallest, bucket: 7 }],
    ['bucket', { ...smallest, bucket: 's3://films' }],
    ['key', { bucket: 'films' }],
    ['key', { ...smallest, key: '' }],
    ['key', { ...smallest, key: null }],
    ['versionId', { ...smallest, versionId: '' }],
    ['versionId', { ...smallest, versionId: 3 }],
    ['filename', { ...smallest, filename: '' }],
    ['filename', { ...smallest, filename: ['film.mp4'] }],
    ['userMetadata', { ...smallest, userMetadata: 'reel=3' }],
    ['userMetadata.reel', { ...smallest, userMetadata: { reel: { number: 3 } } }],
    ['userMetadata.reel', { ...smallest, userMetadata: { reel: null } }],
    ['enableHls', { ...smallest, enableHls: 'yes' }],
    ['enableThumbnail', { ...smallest, enableThumbnail: 1 }],
    ['force', { ...smallest, force: 'true' }],
  ])('is refused by the name of its bad field: %s (%#)', async (field, input) => {
    expect(await refusal(input)).toContain(`input.${field}`);
  });

  it.each(['fileName', 'Bucket', 'detailType'])('may not have a field %s', async (field) => {
    const long = { ...smallest, key: `${'reel/'.repeat(40)}film.mp4` };
    expect(await refusal({ ...long, [field]: 'x' })).toContain(field);
  });

  it.each([undefined, null, 'films/film.mp4', 7, [], [smallest], {}])(
    'is an object: %j is refused with what would be right',
    async (input) => {
      expect(await refusal(input)).toContain('{"bucket":"…","key":"…"}');
    },
  );

  it('is refused in one line', async () => {
    expect(await refusal({ ...smallest, bucket: 'a\nb', key: 'x\ny' })).not.toMatch(/[\r\n]/);
  });
});

describe('an event of S3', () => {
  it('names bucket, key and version, whatever else it tells', () => {
    const reference = { bucket: 'films', key: 'a b/ü+%2F.mp4', versionId: 'v1' };
    expect(readRequest(event)).toEqual({ reference, options: {} });
  });

  it('has no version where the bucket has none', () => {
    const { 'version-id': _, ...object } = event.detail.object;
    const { reference } = readRequest({ ...event, detail: { ...event.detail, object } });
    expect(reference).toEqual({ bucket: 'films', key: 'a b/ü+%2F.mp4' });
  });

  it.each([
    ['source', { ...event, source: 'aws.ec2' }],
    ['detail-type', { ...event, 'detail-type': 'Object Deleted' }],
    ['detail', { ...event, detail: undefined }],
    ['detail.bucket.name', { ...event, detail: { ...event.detail, bucket: {} } }],
    ['detail.object.key', { ...event, detail: { ...event.detail, object: { key: '' } } }],
  ])('is refused by the name of its bad field: %s', async (field, input) => {
    expect(await refusal(input)).toContain(`event.${field}`);
  });
});
