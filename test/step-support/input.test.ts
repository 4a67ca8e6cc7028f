import { describe, expect, it } from 'vitest';
import { definitionOf, destinations } from '#src/destinations/registry.ts';
import { optionRulesOf } from '#src/service-api/transfer-options.ts';
import * as inputs from '#src/step-support/input.ts';
import { failureOf } from '../http/served-transport.ts';

const smallest = { bucket: 'films', key: 'film.mp4' };

const event = {
  version: '0',
  source: 'aws.s3',
  'detail-type': 'Object Created',
  account: '111122223333',
  region: 'eu-west-1',
  detail: {
    version: '0',
    bucket: { name: 'films' },
    object: { key: 'a b/ü+%2F.mp4', size: 5, etag: 'e', 'version-id': 'v1', sequencer: '00' },
    reason: 'PutObject',
  },
};

const rulesOf = (kind: string) => optionRulesOf(definitionOf(kind, 'kind'), destinations);

const readRequest = (input: unknown, kind = 'twelvelabs') =>
  inputs.readRequest(input, rulesOf(kind));

/** Returns the message with which an input is rejected. */
async function rejection(input: unknown, kind?: string): Promise<string> {
  const error = await failureOf(Promise.resolve().then(() => readRequest(input, kind)));
  expect(error.name).toBe('InvalidInputError');
  return error.message;
}

describe('a plain input', () => {
  it('needs only bucket and key', () => {
    expect(readRequest(smallest)).toEqual({ start: 'manual', reference: smallest, options: {} });
  });

  it('accepts a version and every option', () => {
    const options = {
      filename: 'Premiere.mp4',
      userMetadata: { reel: 3, final: true, title: 'näh' },
      enableHls: true,
      enableThumbnail: false,
      force: true,
    };
    const input = { ...smallest, versionId: 'v1', ...options };
    const reference = { ...smallest, versionId: 'v1' };
    expect(readRequest(input)).toEqual({ start: 'manual', reference, options });
  });

  it('contains the key as S3 stores it: nothing is decoded', () => {
    expect(readRequest({ ...smallest, key: 'a%20b/c+d.mp4' }).reference.key).toBe('a%20b/c+d.mp4');
  });

  it('accepts a key of at most 1,024 bytes, for any number of characters', async () => {
    expect(readRequest({ ...smallest, key: 'ü'.repeat(512) }).reference.key).toHaveLength(512);
    expect(await rejection({ ...smallest, key: 'ü'.repeat(513) })).toContain('key');
  });

  it('accepts metadata of at most 16 KiB', async () => {
    const fits = { note: 'x'.repeat(16 * 1024 - '{"note":""}'.length) };
    expect(readRequest({ ...smallest, userMetadata: fits }).options.userMetadata).toEqual(fits);
    const tooLong = { note: `${fits.note}x` };
    expect(await rejection({ ...smallest, userMetadata: tooLong })).toContain('userMetadata');
  });

  it('accepts metadata with lists of strings', () => {
    const userMetadata = { tags: ['a', 'b'], none: [] };
    expect(readRequest({ ...smallest, userMetadata }).options.userMetadata).toEqual(userMetadata);
  });

  it('ignores metadata with the value null', () => {
    const userMetadata = { reel: null, title: 'x' };
    expect(readRequest({ ...smallest, userMetadata }).options.userMetadata).toEqual({ title: 'x' });
  });

  it.each(['9007199254740993', '-9007199254740993', '1e300'])(
    'rejects a metadata number that loses digits, such as %s',
    async (number) => {
      const userMetadata = JSON.parse(`{"id":${number}}`);
      const message = await rejection({ ...smallest, userMetadata });
      expect(message).toMatch(/^Invalid input\.userMetadata\.id .* lose digits. Send it as text/);
    },
  );

  it('accepts the largest safe integer as metadata', () => {
    const userMetadata = { id: Number.MAX_SAFE_INTEGER, share: 0.1 };
    expect(readRequest({ ...smallest, userMetadata }).options.userMetadata).toEqual(userMetadata);
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
    ['userMetadata.reels', { ...smallest, userMetadata: { reels: [1, 2] } }],
    ['userMetadata.reels', { ...smallest, userMetadata: { reels: ['a', null] } }],
    ['userMetadata.reel', { ...smallest, userMetadata: { reel: 1e-200 } }],
    ['userMetadata', { ...smallest, userMetadata: { '': 'x' } }],
    ['userMetadata', { ...smallest, userMetadata: ['reel'] }],
    ['userMetadata', { ...smallest, userMetadata: null }],
    ['enableHls', { ...smallest, enableHls: 'yes' }],
    ['enableThumbnail', { ...smallest, enableThumbnail: 1 }],
    ['force', { ...smallest, force: 'true' }],
  ])('is rejected with the name of its invalid field: %s (%#)', async (field, input) => {
    expect(await rejection(input)).toContain(`input.${field}`);
  });

  it.each(['fileName', 'Bucket', 'detailType', 'account', 'region', 'roleArn', 'externalId'])(
    'rejects an unknown field %s',
    async (field) => {
      const long = { ...smallest, key: `${'reel/'.repeat(40)}film.mp4` };
      expect(await rejection({ ...long, [field]: 'x' })).toContain(field);
    },
  );

  it.each([undefined, null, 'films/film.mp4', 7, [], [smallest], {}])(
    'must be an object: %j is rejected with an example',
    async (input) => {
      expect(await rejection(input)).toContain('{"bucket":"…","key":"…"}');
    },
  );

  it('names the destination that has an option', async () => {
    const input = { ...smallest, userMetadata: { season: 2026 } };
    expect(await rejection(input, 'seven-bridges')).toBe(
      'Invalid input.userMetadata {"season":2026}: userMetadata is an option of twelvelabs; this stack\'s destination is seven-bridges. Remove it.',
    );
  });

  it('names the fields of the destination if it has another one', async () => {
    expect(await rejection({ ...smallest, colour: 'red' }, 'seven-bridges')).toBe(
      'Invalid input.colour "red": unknown field. The fields are bucket, key, versionId, filename, force, priority, project, parent, onNameTaken, folders.',
    );
  });

  it('accepts the options of seven-bridges', () => {
    const options = { project: 'ada/genomes', onNameTaken: 'overwrite', folders: 'key' };
    const input = { ...smallest, ...options };
    expect(readRequest(input, 'seven-bridges').options).toEqual(options);
  });

  it.each([
    ['project', { project: 'genomes' }, 'must be owner/name'],
    ['project', { project: 'ada/genomes', parent: 'f1' }, 'must not be set together with parent'],
    ['onNameTaken', { onNameTaken: 'guess' }, 'must be one of "fail", "rename", "overwrite"'],
  ])('rejects an invalid %s of seven-bridges (%#)', async (field, options, must) => {
    const message = await rejection({ ...smallest, ...options }, 'seven-bridges');
    expect(message).toContain(`Invalid input.${field} "`);
    expect(message).toContain(must);
  });

  it('accepts the type of a media of selfcommunity, and no other', async () => {
    const input = { ...smallest, type: 'eimage' };
    expect(readRequest(input, 'selfcommunity').options).toEqual({ type: 'eimage' });
    expect(await rejection({ ...smallest, type: 'gif' }, 'selfcommunity')).toMatch(
      /^Invalid input\.type "gif": must be one of/,
    );
  });

  it('is rejected in one line', async () => {
    expect(await rejection({ ...smallest, bucket: 'a\nb', key: 'x\ny' })).not.toMatch(/[\r\n]/);
  });
});

describe('an event of S3', () => {
  const withObject = (object: object) => ({ ...event, detail: { ...event.detail, object } });

  it('yields bucket, key, version and facts; other fields are ignored', () => {
    expect(readRequest(event)).toEqual({
      start: 'event',
      reference: { bucket: 'films', key: 'a b/ü+%2F.mp4', versionId: 'v1' },
      options: {},
      facts: { account: '111122223333', region: 'eu-west-1', sizeBytes: 5, etag: 'e' },
    });
  });

  it('yields no options and no role, even if it contains them', () => {
    const { options, reference } = readRequest({
      ...event,
      roleArn: 'arn:aws:iam::999999999999:role/other',
      force: true,
      detail: { ...event.detail, force: true, filename: 'x' },
    });
    expect(options).toEqual({});
    expect(Object.keys(reference).sort()).toEqual(['bucket', 'key', 'versionId']);
  });

  it('needs only the name of the object', () => {
    const { account: _, region: __, ...bare } = event;
    const detail = { bucket: { name: 'films' }, object: { key: 'film.mp4' } };
    expect(readRequest({ ...bare, detail })).toEqual({
      start: 'event',
      reference: smallest,
      options: {},
      facts: {},
    });
  });

  it('yields no version if the bucket has none', () => {
    const { 'version-id': _, ...object } = event.detail.object;
    const { reference } = readRequest({ ...event, detail: { ...event.detail, object } });
    expect(reference).toEqual({ bucket: 'films', key: 'a b/ü+%2F.mp4' });
  });

  it.each([
    ['source', { ...event, source: 'aws.ec2' }],
    ['detail-type', { ...event, 'detail-type': 'Object Deleted' }],
    ['account', { ...event, account: '1111' }],
    ['account', { ...event, account: 111122223333 }],
    ['region', { ...event, region: 'Frankfurt' }],
    ['detail', { ...event, detail: undefined }],
    ['detail.bucket.name', { ...event, detail: { ...event.detail, bucket: {} } }],
    ['detail.object.key', { ...event, detail: { ...event.detail, object: { key: '' } } }],
    ['detail.object.size', withObject({ key: 'x', size: -1 })],
    ['detail.object.size', withObject({ key: 'x', size: '5' })],
  ])('is rejected with the name of its invalid field: %s', async (field, input) => {
    expect(await rejection(input)).toContain(`event.${field}`);
  });
});
